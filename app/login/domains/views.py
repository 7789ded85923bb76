"""Advanced options, Domains: the email domains that a company has proven to be its own."""

from uuid import UUID

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app.companies.domains import actions, queries
from app.companies.domains.models import Domain
from app.core.text import gettext_noop as N_
from app.core.translation import gettext as _
from app.core.translation import ngettext
from app.http.current import current
from app.login.domains.check import check as check_record
from app.login.domains.findings import ADVICE
from app.login.domains.forms import DomainForm, DomainSettingsForm, GiveUpForm
from app.login.password_policy.rules import can_disable_passwords
from app.people import account_limits
from app.people import queries as people

MOST_DOMAINS = 100
"""Of one company."""
TOO_MANY = N_("A company can have up to 100 domains. Give up one that you no longer use.")


def index() -> ResponseReturnValue:
    return _index_page(DomainForm(formdata=None))


def create() -> ResponseReturnValue:
    """Adds a domain; the page that follows shows its record."""
    visitor, form = current(), DomainForm()
    if not form.validate():
        return _index_page(form), 422
    if len(queries.all_of(visitor.company_id)) >= MOST_DOMAINS:
        form.name.errors = [_(TOO_MANY)]
        return _index_page(form), 422
    domain, is_new = actions.add(visitor.company_id, form.a_form, actor_id=visitor.person_id)
    if not is_new:
        flash(_("%(domain)s is already one of your domains.", domain=domain.shown_name), "warning")
    return _to(domain)


def show(domain_id: UUID) -> ResponseReturnValue:
    domain = _domain_or_404(domain_id)
    return _page(domain, DomainSettingsForm(formdata=None, obj=domain))


def check(domain_id: UUID) -> ResponseReturnValue:
    """Asks DNS now; the page shows what it said."""
    domain = _domain_or_404(domain_id)
    account_limits.count_domain_check(domain.company_id)
    check_record(domain, actor_id=current().person_id)
    return redirect(url_for("login.domains.show", domain_id=domain_id, _anchor="check"), 303)


def renew(domain_id: UUID) -> ResponseReturnValue:
    """A new record, for a domain that isn't proven."""
    domain = _domain_or_404(domain_id)
    if domain.proven_at is None:
        actions.renew(domain, actor_id=current().person_id)
        flash(_("New record created. The old one no longer counts."), "success")
    return _to(domain)


def save(domain_id: UUID) -> ResponseReturnValue:
    domain, form = _domain_or_404(domain_id), DomainSettingsForm()
    if domain.proven_at is None:
        abort(404)
    if form.microsoft_only.data and (fault := _lockout(domain, with_subdomains=form.includes_subdomains.data)):
        form.microsoft_only.errors = [fault]
        return _page(domain, form), 422
    taken = actions.change(
        domain,
        actor_id=current().person_id,
        includes_subdomains=form.includes_subdomains.data,
        microsoft_only=form.microsoft_only.data,
    )
    if taken:
        text = _("Another company has proven %(domain)s, so its subdomains can’t all be yours.", domain=taken)
        form.includes_subdomains.errors = [text]
        return _page(domain, form), 422
    flash(_("Changes saved."), "success")
    return _to(domain)


def _lockout(domain: Domain, *, with_subdomains: bool) -> str | None:
    """Why people of the domain could no longer sign in if they had to use Microsoft; None if they could."""
    if not domain.microsoft_only and (refused := can_disable_passwords(domain.company_id)):
        return _(refused.words)
    number = people.number_with_password_only(domain.company_id, domain.shown_name, with_subdomains=with_subdomains)
    if not number:
        return None
    return ngettext(
        "%(num)s person of this domain has the sign-in method “Password only”. Change it under People first.",
        "%(num)s people of this domain have the sign-in method “Password only”. Change it under People first.",
        number,
    )


def give_up(domain_id: UUID) -> ResponseReturnValue:
    """Asks for confirmation if the domain is proven."""
    domain = _domain_or_404(domain_id)
    if domain.proven_at and not GiveUpForm().confirmed.data:
        form = GiveUpForm(formdata=None, confirmed=True)
        return render_template("login/domains/give_up.html", domain=domain, form=form), 409
    actions.give_up(domain, actor_id=current().person_id)
    flash(_("%(domain)s is no longer one of your domains.", domain=domain.shown_name), "success")
    return redirect(url_for("login.domains.index"), 303)


def _index_page(form: DomainForm) -> str:
    company_id = current().company_id
    return render_template(
        "login/domains/index.html",
        domains=queries.all_of(company_id),
        suggestions=queries.suggestions(company_id),
        form=form,
    )


def _page(domain: Domain, form: DomainSettingsForm) -> str:
    finding = domain.finding or {}
    return render_template(
        "login/domains/domain.html",
        domain=domain,
        form=form,
        finding=finding,
        advice=ADVICE.get(finding.get("kind", "")),
    )


def _to(domain: Domain) -> Response:
    return redirect(url_for("login.domains.show", domain_id=domain.id), 303)


def _domain_or_404(domain_id: UUID) -> Domain:
    return queries.domain(current().company_id, domain_id) or abort(404)
