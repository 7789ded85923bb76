"""Admin consent: an administrator of the directory consents on behalf of all its users.

https://learn.microsoft.com/entra/identity-platform/v2-admin-consent. Nothing in the response is signed, so it is shown
and recorded but not relied on: only the test sign-in proves that consent was granted.
"""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from flask import current_app
from werkzeug.datastructures import MultiDict

from app.connections.forms import guid
from app.connections.models import Draft
from app.core.translation import gettext as _
from app.entra.oauth import refusal_of
from app.entra.texts import sanitize
from app.login import errors
from app.login import transaction as transactions
from app.login.transaction import LoginTransaction, Purpose
from app.microsoft_clients import microsoft

LIFE_SECONDS = 3600
"""Seconds; the administrator may have to be found and to sign in first."""


@dataclass(frozen=True)
class Outcome:
    given: bool
    words: str
    reason: str | None = None
    """A stable name for the reason it failed."""
    tenant: str | None = None
    """The tenant the response named; unverified."""
    scope: str | None = None


def ask(draft: Draft, *, admin_id: UUID | None = None, link_key: str | None = None) -> str:
    """Starts a transaction; returns the Microsoft address to redirect the browser to. `admin_id` is the signed-in
    admin; `link_key` is the key of the setup link, for a person without an account.
    """
    context = {"link_key": link_key} if link_key else {"admin_id": str(admin_id)}
    transaction = LoginTransaction(Purpose.ADMIN_CONSENT, connection_id=str(draft.id), context=context)
    transactions.keep(transaction, lifetime=LIFE_SECONDS)
    cloud = microsoft().cloud
    query = {
        "client_id": draft.client_id,
        "scope": f"openid profile {cloud.user_read}",
        "redirect_uri": current_app.config["BASE_URL"] + draft.redirect_path,
        "state": transaction.state,
    }
    return f"{cloud.browser_origin}/{draft.tenant}/v2.0/adminconsent?{urlencode(query)}"


def outcome(draft: Draft, answer: MultiDict[str, str]) -> Outcome:
    """The outcome in plain words."""
    if "error" in answer:
        refusal = errors.error_for(refusal_of(answer.to_dict()))
        return Outcome(False, f"{_('Consent wasn’t granted.')} {_(refusal.advice.admin)}", refusal.reason)
    tenant, scope = guid(answer.get("tenant", "")), sanitize(answer.get("scope"), 500)
    if answer.getlist("admin_consent") != ["True"]:
        return Outcome(False, _("Consent wasn’t granted. Try again."), "consent_withheld", tenant, scope)
    if tenant != draft.tenant:
        words = _(
            "Consent was granted in a different directory (%(tenant)s). Try again, and sign in as an administrator of "
            "%(expected)s.",
            tenant=tenant or _("not named"),
            expected=draft.tenant,
        )
        return Outcome(False, words, "consent_elsewhere", tenant, scope)
    if scope and not _covers_profile(scope):
        words = _("Consent was granted, but not for User.Read. Add it under API permissions, then try again.")
        return Outcome(False, words, "consent_incomplete", tenant, scope)
    return Outcome(True, _("Admin consent granted. People won’t be asked."), None, tenant, scope)


def _covers_profile(scope: str) -> bool:
    return not {"user.read", ".default"}.isdisjoint(name.rpartition("/")[2].lower() for name in scope.split())
