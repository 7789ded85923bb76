"""`flask audit …`."""

import sys
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import click
from flask.cli import AppGroup

from app.audit import queries as chains
from app.audit.chain import first_fault
from app.audit.events.base import INSTALLATION
from app.companies import codes
from app.companies import queries as companies
from app.core.translation import gettext as _
from app.core.translation import ngettext
from app.overview.audit_log.export import FORMATS
from app.overview.audit_log.export import export as written
from app.overview.audit_log.queries import AuditFilter

audit = AppGroup("audit", help="The audit logs.")
DAY = click.DateTime(["%Y-%m-%d"])


@audit.command("verify")
@click.option("--company", "code", help="The company’s login code; without it all companies, and the installation.")
def verify(code: str | None) -> None:
    """Verifies the audit log of each company and of the installation, reporting the first broken entry; then the exit
    code is 1. The newest entries may not be in the chain yet: a running node or worker adds them within a second or so.
    """
    broken = False
    for company_id, name in [_company(code)] if code else _everything():
        whole, words = _verified(company_id)
        broken = broken or not whole
        click.echo(_("%(company)s: %(result)s", company=name, result=words))
    if broken:
        sys.exit(1)


@audit.command("export")
@click.option("--company", "code", help="The company’s login code.")
@click.option("--installation", is_flag=True, help="What was done to the installation, instead of a company.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="jsonl", show_default=True)
@click.option("--from", "from_day", type=DAY, help="The first day, in UTC.")
@click.option("--to", "to_day", type=DAY, help="The last day, in UTC.")
def export(code: str | None, installation: bool, form: str, from_day: datetime | None, to_day: datetime | None) -> None:
    """Writes the audit log of a company or of the installation to standard output, oldest first."""
    if bool(code) == installation:
        raise click.UsageError(_("give either --company or --installation"))
    company_id = _company(code)[0] if code else INSTALLATION
    wanted = AuditFilter(from_day=from_day.date() if from_day else None, to_day=to_day.date() if to_day else None)
    for piece in written(company_id, wanted, form):
        click.echo(piece, nl=False)


def _everything() -> Iterator[tuple[UUID, str]]:
    for company in companies.everything():
        yield company.id, company.name
    yield INSTALLATION, _("installation")


def _verified(company_id: UUID) -> tuple[bool, str]:
    extent = chains.extent(company_id)
    # Includes entries after the recorded end, which are a fault, too.
    entries = chains.chain(company_id, max(extent.end.number, extent.last_number))
    fault = first_fault(entries, extent.end)
    if fault:
        return False, _("BROKEN, entry %(number)s %(how)s", number=fault.number, how=fault.how)
    if extent.unchained:
        return False, _("BROKEN, entry %(id)s was left out of the chain", id=extent.unchained)
    words = ngettext("OK, %(num)s entry verified", "OK, %(num)s entries verified", extent.end.number)
    if extent.still_open:
        newer = ngettext("%(num)s newer, not numbered yet", "%(num)s newer, not numbered yet", extent.still_open)
        words = f"{words}; {newer}"
    return True, words


def _company(code: str) -> tuple[UUID, str]:
    company = companies.by_code(codes.normal(code))
    if company is None:
        raise click.ClickException(_("no company has the login code %(code)s", code=code))
    return company.id, company.name
