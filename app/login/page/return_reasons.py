"""Why a person is asked to sign in again, in one sentence above the login page's buttons."""

from app.core.text import gettext_noop as N_
from app.sessions import queries, session_cookie
from app.sessions.models import EndReason

SENTENCES = {
    EndReason.SIGNED_OUT: N_("You’re signed out. Sign in to continue."),
    EndReason.EXPIRED: N_("Your session expired. Sign in to continue where you were."),
    EndReason.ADMIN: N_("An admin signed you out. Sign in to continue."),
    EndReason.PASSWORD: N_("Your password was changed, so you were signed out. Sign in to continue."),
}


def return_reason() -> EndReason:
    """Why this browser isn't signed in; its cookie proves that it had the session that is asked about."""
    token = session_cookie.token()
    return (queries.end_reason(token) if token else None) or EndReason.SIGNED_OUT


def sentence(name: str | None) -> str | None:
    """The sentence for a reason as it is in a URL; None for any other text."""
    return next((words for reason, words in SENTENCES.items() if reason == name), None)
