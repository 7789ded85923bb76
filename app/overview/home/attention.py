"""What is failing at a company, for the top of its home page, each with the button that leads to its fix."""

from dataclasses import dataclass

from flask import url_for

from app.audit.reasons import as_title
from app.core.translation import gettext as _
from app.core.translation import ngettext
from app.crm.problems import PROBLEMS
from app.http.current import AdminBanner, CredentialStatus, Visitor
from app.http.template_filters import show_day, show_in_days
from app.login.stats.sign_in_stats import RecentSignIns
from app.overview.home.queries import CompanyFacts


@dataclass(frozen=True)
class Alert:
    title: str
    text: str
    action: str
    url: str
    is_failure: bool = True
    """False for a warning of what fails later."""


def alerts(visitor: Visitor, facts: CompanyFacts, recent: RecentSignIns) -> list[Alert]:
    """Failures first."""
    found = [_credential(banner) for banner in visitor.banners]
    found += [*_sign_ins(recent), *_crm(facts)]
    return sorted(found, key=lambda one: not one.is_failure)


def _credential(banner: AdminBanner) -> Alert:
    title, text = _credential_words(banner)
    return Alert(
        title,
        text,
        _("Add a credential"),
        url_for("connections.edit", draft_id=banner.connection_id, _anchor="credentials"),
        is_failure=banner.status is not CredentialStatus.ENDS,
    )


def _credential_words(banner: AdminBanner) -> tuple[str, str]:
    day, name = show_day(banner.day), banner.title
    match banner.status:
        case CredentialStatus.ENDS:
            return (
                _("The credential of “%(name)s” expires %(in_days)s", name=name, in_days=show_in_days(banner.day)),
                _("After %(day)s, people can’t use this connection to sign in.", day=day),
            )
        case CredentialStatus.ENDED:
            return (
                _("The credential of “%(name)s” expired on %(day)s", name=name, day=day),
                _("People may not be able to sign in until you add a new one."),
            )
        case CredentialStatus.REFUSED:
            return (
                _("Microsoft rejects the credential of “%(name)s”", name=name),
                _("Since %(day)s, people can’t use this connection to sign in.", day=day),
            )
        case CredentialStatus.UNREADABLE:
            return (
                _("The credential of “%(name)s” can’t be decrypted", name=name),
                _(
                    "Since %(day)s, a server is missing its encryption key. Ask your operator, or add a credential.",
                    day=day,
                ),
            )
        case CredentialStatus.MISSING:
            return (
                _("“%(name)s” has no credential", name=name),
                _("People can’t use this connection to sign in."),
            )


def _sign_ins(recent: RecentSignIns) -> list[Alert]:
    if recent.setup_reason is None:
        return []
    failed = ngettext(
        "%(num)s sign-in failed in the last 24 hours", "%(num)s sign-ins failed in the last 24 hours", recent.failed
    )
    text = _("Most often: %(reason)s.", reason=as_title(recent.setup_reason))
    return [Alert(failed, text, _("See what to fix"), _failures(recent.setup_reason))]


def _failures(reason: str) -> str:
    """The audit log's entries, which say how to fix it."""
    return url_for("overview.audit_log.index", group="failed-sign-ins", reason=reason)


def _crm(facts: CompanyFacts) -> list[Alert]:
    problem = PROBLEMS.get(facts.crm_problem or "")
    if problem is None or not (problem.needs_person or problem.is_told):
        return []
    return [Alert(_("CRM: %(title)s", title=_(problem.title)), _(problem.words), _("Open CRM"), url_for("crm.index"))]
