"""`flask applications …`."""

import click
from flask import current_app
from flask.cli import AppGroup

from app.applications import actions, queries, uris
from app.applications.models import Application, Authentication, Kind, UriUse
from app.companies import codes
from app.companies import queries as companies
from app.core.text import sanitize_name
from app.core.unit_of_work import unit_of_work

KINDS = [kind.value for kind in Kind]

applications = AppGroup("applications", help="Applications that sign people in through Portico.")


@applications.command("create")
@click.argument("name")
@click.option("--redirect-uri", "redirect_uris", multiple=True, required=True, help="May be given several times.")
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in Kind]),
    default=Kind.SERVER.value,
    help="public: without a secret.",
)
@click.option("--company", "code", help="The login code of the company it belongs to; without it, all companies.")
def create(name: str, redirect_uris: tuple[str, ...], kind: str, code: str | None) -> None:
    """Registers an application; prints the three values that it needs."""
    cleaned = sanitize_name(name)
    if cleaned is None:
        raise click.BadParameter("must not be empty", param_hint="NAME")
    for uri in redirect_uris:
        if fault := uris.fault(uri):
            raise click.BadParameter(f"{uri}: {fault}", param_hint="--redirect-uri")
    company = companies.by_code(codes.normal(code)) if code else None
    if code and company is None:
        raise click.ClickException(f"no company has the login code {code}")
    with unit_of_work():
        application = actions.create(name=cleaned, company_id=company.id if company else None)
        is_public = kind == Kind.PUBLIC
        actions.change(
            application, kind=kind, authentication=Authentication.NONE if is_public else Authentication.SECRET
        )
        actions.set_uris(application, UriUse.REDIRECT, list(redirect_uris))
        secret = None if is_public else actions.add_secret(application)
    click.echo(f"issuer         {current_app.config['BASE_URL']}")
    click.echo(f"client id      {application.client_id}")
    if secret:
        click.echo(f"client secret  {secret}")
        click.echo("The secret is shown only now.", err=True)


@applications.command("list")
def show() -> None:
    """Every application with its client ID and redirect URIs."""
    for application in queries.everything():
        state = "" if application.is_enabled else " (disabled)"
        click.echo(f"{application.name}{state}: {application.kind}, client ID {application.client_id}")
        for uri in application.uris_for(UriUse.REDIRECT):
            click.echo(f"  {uri}")


@applications.command("rotate-secret")
@click.argument("client_id")
def rotate_secret(client_id: str) -> None:
    """Prints a new client secret; the present one works for another 7 days."""
    with unit_of_work():
        application = _application(client_id)
        secret = actions.add_secret(application)
    click.echo(secret)
    click.echo(f"The secret is shown only now. The previous one expires in {actions.ROTATION.days} days.", err=True)


def _application(client_id: str) -> Application:
    application = queries.by_client_id(client_id)
    if application is None:
        raise click.ClickException(f"no application has the client ID {client_id}; `flask applications list` shows all")
    if application.authentication in (Authentication.NONE, Authentication.PRIVATE_KEY_JWT):
        raise click.ClickException(f"this application authenticates with {application.authentication}, not a secret")
    return application
