"""The page behind a link whose key does not work: why, and what to do next."""

from dataclasses import dataclass

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from app.people.one_time_tokens.rules import KeyState

TITLES = {
    KeyState.USED: "This link has already been used",
    KeyState.EXPIRED: "This link has expired",
    KeyState.REPLACED: "This link was replaced by a newer one",
    KeyState.REVOKED: "This link was revoked",
    KeyState.OTHER_ACCOUNT: "This link is for another account",
    KeyState.UNKNOWN: "This link doesn’t work",
    KeyState.NOT_HERE: "Open your link first",
}
ANY_LINK = {
    KeyState.REPLACED: "Open the link in the latest email.",
    KeyState.OTHER_ACCOUNT: "Sign in with the account that the link was sent to, then open it again.",
    KeyState.UNKNOWN: "Part of it may be missing. Copy the whole link, or open it from the email again.",
    KeyState.NOT_HERE: "This page opens from a link that you were given. Open that link again, in this browser, and "
    "allow cookies for this site.",
}
WORDS = {
    "invitation": {
        KeyState.USED: "The invitation is accepted, and the account is in use. Sign in to it on your login page.",
        KeyState.EXPIRED: "An invitation works for 14 days. Ask the person who invited you to send it again.",
        KeyState.REVOKED: "The invitation was revoked. Ask the person who invited you whether it was meant to be.",
    },
    "confirm": {
        KeyState.USED: "Your email address is confirmed. There is nothing left to do.",
        KeyState.UNKNOWN: "Part of it may be missing, or it is for another account. Open it from the email again.",
        KeyState.EXPIRED: "A confirmation link works for 7 days. Send a new one from your account.",
        KeyState.REVOKED: "The account was deactivated. Ask an owner or admin of your company.",
    },
    "reset": {
        KeyState.USED: "Your password was changed with it. If that wasn’t you, request a new link now.",
        KeyState.EXPIRED: "A link to reset a password works for 30 minutes. Request a new one.",
        KeyState.REVOKED: "The account was deactivated. Ask an owner or admin of your company.",
    },
    "recovery": {
        KeyState.USED: "A recovery link signs you in once. Use a recovery code, or ask your operator for a new link.",
        KeyState.EXPIRED: "A recovery link works for 30 minutes. Use a recovery code, or ask your operator for "
        "a new link.",
        KeyState.REPLACED: "Use the latest link, or a recovery code.",
        KeyState.REVOKED: "It is for active owners only. Ask another owner of your company.",
        KeyState.UNKNOWN: "Part of it may be missing. Copy the whole link, or use a recovery code.",
    },
    "join": {
        KeyState.USED: "This link has already been used. Request a new one if you need it.",
        KeyState.EXPIRED: "This link has expired: it works for 30 minutes. Request a new one.",
        KeyState.REPLACED: "This link was replaced by a newer one. Open the link in the latest email.",
        KeyState.REVOKED: "This link was revoked.",
        KeyState.UNKNOWN: "This link doesn’t work. Copy the whole link, or request a new one.",
    },
    "setup": {
        KeyState.EXPIRED: "Ask the person who sent it to you for a new link. What you have saved is kept.",
        KeyState.REVOKED: "An admin revoked it, or the admin who created it can’t edit the connection any longer. "
        "Ask for a new link. What you have saved is kept.",
        KeyState.UNKNOWN: "Part of it may be missing. Copy the whole link, or ask for a new one.",
    },
}
"""By the purpose of the link."""


@dataclass(frozen=True)
class Action:
    """A button that leads to the next step."""

    label: str
    url: str


def words(purpose: str, state: KeyState) -> str:
    return WORDS[purpose].get(state) or ANY_LINK[state]


def ended_page(purpose: str, state: KeyState, *actions: Action) -> Response:
    """404 if no such link is known, so that guesses are counted; 410 if it has ended."""
    if state is KeyState.NOT_HERE:
        status = 200 if request.method in ("GET", "HEAD") else 400
    else:
        status = 404 if state is KeyState.UNKNOWN else 410
    page = render_template(
        "link_ended.html",
        title=TITLES[state],
        words=words(purpose, state),
        actions=actions or (Action("Go to your login page", url_for("login.page.find")),),
    )
    return Response(page, status, mimetype="text/html")
