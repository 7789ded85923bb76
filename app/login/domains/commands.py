"""`flask domains …`."""

import sys

import click
from flask.cli import AppGroup

from app.companies.domains import names, queries
from app.companies.domains.models import Domain, State
from app.companies.domains.names import InvalidDomain
from app.companies.domains.verification import Kind
from app.core.text import gettext_noop as N_
from app.core.translation import gettext as _
from app.login.domains.check import check as check_record
from app.login.domains.findings import ADVICE

STATES = {
    State.PENDING: N_("not proven yet"),
    State.EXPIRED: N_("record expired"),
    State.PROVEN: N_("proven"),
    State.MISSING: N_("proven, record missing"),
    State.LOST: N_("no longer proven"),
}

domains = AppGroup("domains", help="The email domains that companies have proven.")


@domains.command("list")
def show() -> None:
    """Every domain with its company, its state and its TXT record."""
    for domain in queries.everything():
        click.echo(f"{domain.shown_name}  {domain.company.name}  {_(STATES[domain.state])}")
        click.echo(f"  {domain.record}")


@domains.command("check")
@click.argument("name", required=False)
def check(name: str | None) -> None:
    """Looks up the TXT record of the domain NAME now, or of all domains; proves what isn't proven. The exit code is 1
    if a record isn't right.
    """
    found = queries.everything(_a_form(name) if name else None)
    if name and not found:
        raise click.ClickException(_("no company has the domain %(domain)s", domain=name))
    results = [_check(domain) for domain in found]
    sys.exit(0 if all(results) else 1)


def _check(domain: Domain) -> bool:
    check_record(domain)
    after = queries.by_id(domain.id)
    assert after is not None
    kind = Kind((after.finding or {}).get("kind", Kind.UNREACHABLE))
    said = _("the record is right") if kind is Kind.FOUND else f"{_(ADVICE[kind].title)}. {_(ADVICE[kind].text)}"
    click.echo(f"{after.shown_name}  {after.company.name}  {_(STATES[after.state])}: {said}")
    return kind is Kind.FOUND


def _a_form(name: str) -> str:
    try:
        return names.parse_domain(name)
    except InvalidDomain as fault:
        raise click.ClickException(str(fault)) from None
