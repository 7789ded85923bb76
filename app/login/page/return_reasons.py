"""Why a person is asked to sign in again, in one sentence above the login page's buttons."""

from app.core.text import gettext_noop as N_
from app.http import session_cookies
from app.http.current import is_signed_in
from app.sessions import queries
from app.sessions.models import EndReason

SENTENCES = {
    EndReason.SIGNED_OUT: N_("You’re signed out. Sign in to continue."),
    EndReason.EXPIRED: N_("Your session expired. Sign in to continue where you were."),
    EndReason.ADMIN: N_("An admin signed you out. Sign in to continue."),
    EndReason.MICROSOFT: N_("You signed out of Microsoft, so you were signed out here. Sign in to continue."),
    EndReason.DIRECTORY: N_("Microsoft ended your session, so you were signed out here. Sign in to continue."),
    EndReason.TOO_MANY: N_(
        "You signed in to other companies in this browser, so you were signed out here. Sign in to continue."
    ),
    EndReason.PASSWORD: N_("Your password was changed, so you were signed out. Sign in to continue."),
}

NEW_PERSON = "new"
"""An application wants an account to be created at a company that people don't create themselves."""
FOR_NEW_PEOPLE = N_("New here? Sign in with your work account. If you can’t, ask your administrator for an invitation.")


def return_reason() -> EndReason:
    """Why this browser isn't signed in."""
    return end_reason(session_cookies.active_org_id())


def end_reason(org_id: str) -> EndReason:
    """Why this browser isn't signed in at a company; its cookie proves that it had the session that is asked about."""
    token = session_cookies.tokens().get(org_id)
    return (queries.end_reason(token) if token else None) or EndReason.SIGNED_OUT


def sentence(name: str | None) -> str | None:
    """The sentence for a reason as it is in a URL; None for any other text, or if someone is signed in by now."""
    if name == NEW_PERSON:
        return FOR_NEW_PEOPLE
    return None if is_signed_in() else next((words for reason, words in SENTENCES.items() if reason == name), None)
