"""`flask people …`."""

import click
from flask import current_app
from flask.cli import AppGroup

from app.companies import codes
from app.companies import queries as companies
from app.core.translation import gettext as _
from app.core.translation import ngettext
from app.core.unit_of_work import unit_of_work
from app.people import owner_recovery, queries
from app.people.one_time_tokens import actions
from app.people.one_time_tokens.rules import RECOVERY_LINK_LIFE

people = AppGroup("people", help="A company’s people.")


@people.command("recovery-link")
@click.argument("email")
@click.option("--company", "code", required=True, help="The company’s login code.")
def recovery_link(email: str, code: str) -> None:
    """Prints a link that signs an owner in once, as a last resort. It is recorded in the company's audit log."""
    company = companies.by_code(codes.normal(code))
    if company is None:
        raise click.ClickException(_("no company has the login code %(code)s", code=code))
    owners = queries.owners_by_email(company.id, email.strip()) or owner_recovery.deactivated_owners(
        company.id, email.strip()
    )
    if len(owners) != 1:
        values = {"email": email, "company": company.name}
        if owners:
            text = _("two owners have the email %(email)s at %(company)s; recovery links are for owners only", **values)
        else:
            text = _("no owner has the email %(email)s at %(company)s; recovery links are for owners only", **values)
        raise click.ClickException(text)
    with unit_of_work():
        if not owners[0].is_active:
            owner_recovery.recover(owners[0])
        key = actions.create_recovery_link(owners[0])
    click.echo(f"{current_app.config['BASE_URL']}/login/{codes.normal(code)}/recovery?key={key}")
    text = ngettext(
        "For %(name)s. Works once and expires in %(num)s minute.",
        "For %(name)s. Works once and expires in %(num)s minutes.",
        RECOVERY_LINK_LIFE.seconds // 60,
        name=owners[0].name,
    )
    click.echo(text, err=True)
