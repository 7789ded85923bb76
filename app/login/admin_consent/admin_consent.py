"""Admin consent: an administrator of the directory consents on behalf of all its users.

https://learn.microsoft.com/entra/identity-platform/v2-admin-consent. Nothing in the response is signed, so it is shown
and recorded but not relied on: only the test sign-in proves that consent was granted.
"""

import json
import secrets
import time
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import current_app, session
from werkzeug.datastructures import MultiDict

from app.connections.forms import guid
from app.connections.models import Draft
from app.core import strict_json
from app.core.database import encryptor
from app.core.encryption import DecryptionError
from app.core.strict_json import InvalidJson
from app.core.text import gettext_noop as N_
from app.core.translation import gettext as _
from app.entra.error_codes import YOU, Advice
from app.entra.oauth import refusal_of
from app.entra.texts import sanitize
from app.login import errors
from app.login.errors import Refusal, SignInRefused
from app.microsoft_clients import microsoft

LIFE_SECONDS = 3600
"""Seconds; the administrator may have to be found and to sign in first."""
BROWSER_KEY = "consent"
NOT_ASKED = Refusal(
    "consent_not_asked",
    Advice(
        N_("Consent request expired"),
        N_("Start again from the connection page."),
        YOU,
        N_("It was already used, is older than an hour, or was started in another browser."),
    ),
)


@dataclass(frozen=True)
class Asked:
    """Who requested consent: an admin, or a person with a setup link."""

    person_id: str | None
    link_token: str | None
    began_at: int


@dataclass(frozen=True)
class Outcome:
    given: bool
    words: str
    reason: str | None = None
    """A stable name for the reason it failed."""
    tenant: str | None = None
    """The tenant the response named; unverified."""
    scope: str | None = None


def ask(draft: Draft, *, person_id: str | None = None, link_token: str | None = None) -> str:
    """Returns the Microsoft address to redirect the browser to. A browser has one open request at a time."""
    session[BROWSER_KEY] = secrets.token_urlsafe(16)
    asked = {"person_id": person_id, "link_token": link_token, "began_at": int(time.time())}
    cloud = microsoft().cloud
    query = {
        "client_id": draft.client_id,
        "scope": f"openid profile {cloud.user_read}",
        "redirect_uri": current_app.config["BASE_URL"] + draft.redirect_path,
        "state": encryptor().encrypt(json.dumps(asked), _place(draft, session[BROWSER_KEY])),
    }
    return f"{cloud.browser_origin}/{draft.tenant}/v2.0/adminconsent?{urlencode(query)}"


def is_answer(answer: MultiDict[str, str]) -> bool:
    """Whether this is a response to an admin consent request; error responses are marked as well."""
    return "admin_consent" in answer


def asked(draft: Draft, answer: MultiDict[str, str]) -> Asked:
    """Returns who made the request that is answered here; works once. Raises SignInRefused unless this browser
    made it.
    """
    states, browser = answer.getlist("state"), session.pop(BROWSER_KEY, "")
    try:
        if len(states) != 1 or not states[0].isascii():
            raise SignInRefused(NOT_ASKED)
        found = strict_json.read_as(Asked, encryptor().decrypt(states[0], _place(draft, browser)))
    except (DecryptionError, InvalidJson):
        raise SignInRefused(NOT_ASKED) from None
    if time.time() - found.began_at > LIFE_SECONDS:
        raise SignInRefused(NOT_ASKED)
    return found


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


def _place(draft: Draft, browser: str) -> str:
    return f"consent:{draft.id}:{browser}"
