"""The commands, registered without an application: so they work with invalid settings, and each imports only what it
needs. Only `flask worker` is one of the application's, since it can run any task.
"""

import sys
from pathlib import Path
from typing import Any

import click
from flask import current_app

from app.cli.applications import (
    LazyGroup,
    create_database_app,
    create_migrations_app,
    create_models_app,
    create_writing_app,
    in_application,
)
from app.core.translation import gettext as _
from app.settings import new_key


@click.group("keys", help="Encryption keys for stored secrets.")
def keys() -> None:
    pass


@keys.command("new")
def new() -> None:
    """Prints a key for ENCRYPTION_KEYS. Put it in front of the current keys, which still decrypt what they
    encrypted.
    """
    click.echo(new_key())


@keys.command("rotate")
@in_application(create_models_app, imports="app.cli.key_rotation")
def rotate() -> None:
    """Re-encrypts every stored secret with the newest key. Can be stopped and run again, while people sign in."""
    from app.cli.key_rotation import rotate as rotate_all

    last: dict[str, tuple[int, int]] = {}
    for progress in rotate_all():
        last[progress.column] = (progress.done, progress.passed_over)
        click.echo(_("%(column)s: %(done)s re-encrypted", column=progress.column, done=progress.done), err=True)
    for column, (done, passed_over) in last.items():
        values = {"column": column, "done": done, "passed_over": passed_over}
        click.echo(_("%(column)s: %(done)s re-encrypted, %(passed_over)s changed by others meanwhile", **values))
    click.echo(_("All stored secrets use the newest key. Remove older keys once no old process is running."))


@click.command("doctor")
def doctor() -> None:
    """Checks settings, database, search, migrations, keys, queue, worker, email, directory and clock, with a fix for
    each problem.
    """
    from app.cli.doctor import Outcome, examine

    has_failed = False
    for finding in examine():
        click.echo(f"{finding.outcome:<4}  {finding.name}{f': {finding.text}' if finding.text else ''}")
        has_failed = has_failed or finding.outcome == Outcome.FAILED
    sys.exit(1 if has_failed else 0)


people = LazyGroup("people", "app.people.commands:people", create_writing_app, help="A company’s people.")
audit = LazyGroup("audit", "app.overview.audit_log.commands:audit", create_database_app, help="The audit logs.")
domains = LazyGroup(
    "domains",
    "app.login.domains.commands:domains",
    create_writing_app,
    help="The email domains that companies have proven.",
)
applications = LazyGroup(
    "applications",
    "app.applications.commands:applications",
    create_writing_app,
    help="Applications that sign people in through Portico.",
)
signing_keys = LazyGroup(
    "signing-keys",
    "app.applications.signing_keys.commands:signing_keys",
    create_database_app,
    help="The keys with which tokens for applications are signed.",
)
scim = LazyGroup(
    "scim",
    "app.provisioning.scim.commands:scim",
    create_writing_app,
    help="Directories that provision people and groups.",
)
db = LazyGroup("db", "flask_migrate.cli:db", create_migrations_app, help="Perform database migrations.")


@click.group("companies", help="Companies, their login pages and connections.")
def companies() -> None:
    pass


@companies.command("apply")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@in_application(create_writing_app, imports="app.cli.companies_file.actions")
def apply(file: Path) -> None:
    """Creates or updates the companies that FILE (JSON or TOML) describes. Deletes nothing."""
    from app.cli.companies_file import actions
    from app.cli.companies_file.schema import FileError, load
    from app.core.unit_of_work import unit_of_work

    try:
        wanted = load(file)
        with unit_of_work():
            lines = actions.apply(wanted)
    except FileError as fault:
        raise click.ClickException(_("Nothing was changed:\n%(faults)s", faults=fault)) from None
    for warning in actions.warnings(wanted):
        click.echo(_("warning: %(warning)s", warning=warning), err=True)
    for line in lines or [_("no changes")]:
        click.echo(line)


@companies.command("list")
@in_application(create_database_app)
def show() -> None:
    """Every company with its login addresses, and each connection with its redirect URI."""
    from app.companies import queries as company_queries
    from app.companies.deletion import queries as deletion_queries
    from app.connections import queries as connection_queries
    from app.connections.models import Flow

    base = current_app.config["BASE_URL"]
    for company in company_queries.everything():
        click.echo(_company_line(company))
        for page in company.login_pages:
            click.echo(f"  {base}/login/{page.code}{f'  {page.location}' if page.location else ''}")
        for draft in connection_queries.drafts(company.id):
            connection = draft.connection
            values = {"title": draft.title, "flow": draft.flow, "tenant": draft.tenant}
            if connection is None:
                line = _("%(title)s (draft): %(flow)s, tenant %(tenant)s", **values)
            elif connection.is_enabled:
                line = _("%(title)s: %(flow)s, tenant %(tenant)s", **values)
            else:
                line = _("%(title)s (inactive): %(flow)s, tenant %(tenant)s", **values)
            click.echo(f"  {line}")
            platform = "Web" if draft.flow == Flow.SERVER else "Single-page application"
            uri = f"{base}{draft.redirect_path}"
            click.echo(f"    {_('redirect URI %(uri)s (platform %(platform)s)', uri=uri, platform=platform)}")
    for deleted in deletion_queries.deleted():
        day = f"{deleted.created_at:%Y-%m-%d}"
        click.echo(_("%(org_id)s (deleted on %(day)s)", org_id=deleted.public_id, day=day))


def _company_line(company: Any) -> str:
    if company.deletes_at:
        day = f"{company.deletes_at:%Y-%m-%d %H:%M} UTC"
        return _("%(name)s (will be deleted on %(day)s)", name=company.name, day=day)
    return company.name if company.is_active else _("%(name)s (inactive)", name=company.name)


OF_COMPANIES = (companies, people, audit, domains, applications, signing_keys, scim)
"""Those that an application has, whichever way it was created."""
