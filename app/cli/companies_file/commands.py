"""`flask companies …`."""

from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from app.cli.companies_file import actions
from app.cli.companies_file.schema import FileError, load
from app.companies import queries as company_queries
from app.connections import queries as connection_queries
from app.connections.models import Flow
from app.core.database import db

companies = AppGroup("companies", help="Companies, their login pages and connections.")


@companies.command("apply")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def apply(file: Path) -> None:
    """Creates or updates the companies in FILE (JSON or TOML). Deletes nothing."""
    try:
        wanted = load(file)
        lines = actions.apply(wanted)
    except FileError as fault:
        db.session.rollback()
        raise click.ClickException(f"nothing was changed:\n{fault}") from None
    db.session.commit()
    for warning in actions.warnings(wanted):
        click.echo(f"warning: {warning}", err=True)
    for line in lines or ["nothing to change"]:
        click.echo(line)


@companies.command("list")
def show() -> None:
    """Lists every company with its login URLs, and each connection with its redirect URI."""
    base = current_app.config["BASE_URL"]
    for company in company_queries.everything():
        click.echo(f"{company.name}{'' if company.is_active else ' (switched off)'}")
        for page in company.login_pages:
            click.echo(f"  {base}/login/{page.code}{f'  {page.location}' if page.location else ''}")
        for draft in connection_queries.drafts(company.id):
            live = draft.connection
            state = "" if live and live.is_enabled else " (switched off)" if live else " (not active yet)"
            platform = "Web" if draft.flow == Flow.SERVER else "Single-page application"
            click.echo(f"  {draft.title}{state}: {draft.flow}, tenant {draft.tenant}")
            click.echo(f"    redirect URI {base}{draft.redirect_path} (platform {platform})")
