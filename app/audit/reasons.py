"""The reasons of failures in words, for lists that an admin reads; the page that the person saw says more."""

from app.core.text import gettext_noop as N_
from app.core.translation import gettext as _
from app.entra.error_codes import ADVICE

REASONS = {
    "wrong_password": N_("wrong password"),
    "wrong_second_factor": N_("wrong code or passkey"),
    "wrong_recovery_code": N_("wrong recovery code or link"),
    "state": N_("expired or different browser"),
    "attempt_expired": N_("it took longer than 10 minutes"),
    "nonce_foreign": N_("page from another browser"),
    "page_too_old": N_("the page had been open for too long"),
    "other_connection": N_("started with another connection"),
    "attempt_spent": N_("the same response arrived twice"),
    "no_code": N_("incomplete response from Microsoft"),
    "other_person": N_("different account"),
    "other_session": N_("switched companies or signed in again"),
    "auth_time_missing": N_("Microsoft didn’t say when the person signed in"),
    "auth_time_old": N_("Microsoft didn’t ask the person to sign in again"),
    "company_closed": N_("the company is being deleted"),
    "guest": N_("guests aren’t allowed"),
    "not_invited": N_("automatic accounts are off"),
    "groups_unread": N_("Microsoft didn’t list the person’s groups"),
    "profile_unread": N_("Microsoft didn’t share their email address"),
    "deactivated": N_("the person is deactivated"),
    "other_method": N_("another sign-in method is set for the person"),
    "invitation_ended": N_("the invitation is no longer valid"),
    "joined_elsewhere": N_("the Microsoft account is linked to another person"),
    "directory_unreachable": N_("Microsoft didn’t respond"),
    "directory_broken": N_("unexpected response from Microsoft"),
    "directory_refused": N_("rejected by Microsoft"),
    "signed_out": N_("the Microsoft session has ended"),
    "credential": N_("the application’s credential was rejected"),
    "undecryptable": N_("stored data can’t be decrypted"),
    "consent": N_("consent is missing"),
    "registration": N_("the application wasn’t found"),
    "redirect_uri": N_("the redirect URI wasn’t accepted"),
    "environment": N_("the environment is unknown"),
    "forbidden": N_("a security role is missing"),
    "not_a_user": N_("the account isn’t a user of the environment"),
    "unauthorized": N_("sign-in rejected"),
    "unreachable": N_("no response in time"),
    "broken": N_("unexpected response"),
    "failed": N_("it failed 5 times in a row"),
    "token_expired": N_("the token has expired"),
    "client_secret_wrong": N_("the client secret is wrong or was revoked"),
    "client_secret_expired": N_("the client secret has expired"),
    "assertion_audience": N_("the assertion is for another audience"),
    "assertion_subject": N_("the assertion has another subject"),
    "assertion_application": N_("the assertion is of another application"),
    "assertion_issuer": N_("the assertion was issued by another directory"),
    "assertion_expired": N_("the assertion has expired"),
    "assertion_replayed": N_("the assertion was used before"),
    "assertion_signature": N_("the assertion isn’t signed by the directory"),
    "assertion_invalid": N_("the assertion isn’t valid"),
}
"""Why a sign-in or a sync failed, for an admin who reads a list; the page that the person saw says more."""


def in_words(name: str) -> str:
    """A reason as the end of a sentence."""
    if number := error_number(name):
        known = ADVICE.get(number)
        first = _(known.admin).split(". ")[0].rstrip(".") if known else _(REASONS["directory_refused"])
        return f"{_within_a_sentence(first)} (AADSTS{number})"
    if name.startswith("id_token_"):
        return _("the ID token was rejected (%(reason)s)", reason=name[9:].replace("_", " "))
    return _(REASONS[name]) if name in REASONS else name.replace("_", " ")


def as_title(name: str) -> str:
    """A reason as the beginning of a line."""
    words = in_words(name)
    return words[:1].upper() + words[1:]


def error_number(name: str) -> int | None:
    """Microsoft's error number, if the reason is one."""
    digits = name.removeprefix("aadsts_")
    return int(digits) if digits != name and digits.isdigit() else None


def _within_a_sentence(text: str) -> str:
    return text if text.startswith("Microsoft") else f"{text[:1].lower()}{text[1:]}"
