"""`flask scim …`."""

from datetime import timedelta
from uuid import UUID

import click
from flask import current_app
from flask.cli import AppGroup

from app.companies import codes
from app.companies import queries as companies
from app.connections.models import Connection
from app.core.database import now
from app.core.translation import gettext as _
from app.core.unit_of_work import unit_of_work
from app.provisioning.scim import actions as credentials
from app.provisioning.scim import queries
from app.provisioning.scim.models import Method

LONGEST_DAYS = 365

scim = AppGroup("scim", help="Directories that provision people and groups.")


@scim.command("token")
@click.option("--company", "code", required=True, help="The company’s login code.")
@click.option("--connection", "title", help="The connection’s title, if the company has several.")
@click.option("--days", type=click.IntRange(1, LONGEST_DAYS), default=180, show_default=True, help="How long it works.")
def token(code: str, title: str | None, days: int) -> None:
    """Prints a new bearer token of a connection's directory, which is stored nowhere. Recorded in the audit log."""
    company = companies.by_code(codes.normal(code))
    if company is None:
        raise click.ClickException(_("no company has the login code %(code)s", code=code))
    connection = _connection(company.id, title)
    expires = now().date() + timedelta(days=days)
    with unit_of_work():
        made = credentials.create(company.id, connection.id, connection.title, Method.TOKEN, expires, actor_id=None)
    if made is None:
        raise click.ClickException(_("the connection has two tokens already; revoke one first"))
    click.echo(made)
    address = f"{current_app.config['BASE_URL']}/scim/v2/"
    click.echo(
        _("For %(title)s at %(address)s, until %(day)s.", title=connection.title, address=address, day=str(expires)),
        err=True,
    )


def _connection(company_id: UUID, title: str | None) -> Connection:
    """Raises ClickException unless there is one."""
    found = [one for one in queries.connections(company_id) if title in (None, one.title)]
    if len(found) == 1:
        return found[0]
    if found:
        raise click.ClickException(_("the company has several connections; name one with --connection"))
    raise click.ClickException(_("the company has no such active connection"))
