"""The page behind a link whose key does not work: why, and what to do next."""

from dataclasses import dataclass

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from app.core.text import gettext_noop as N_
from app.core.translation import gettext as _
from app.people.one_time_tokens.rules import KeyState

TITLES = {
    KeyState.USED: N_("This link has already been used"),
    KeyState.EXPIRED: N_("This link has expired"),
    KeyState.REPLACED: N_("This link was replaced by a newer one"),
    KeyState.REVOKED: N_("This link was revoked"),
    KeyState.OTHER_ACCOUNT: N_("This link is for another account"),
    KeyState.UNKNOWN: N_("This link doesn’t work"),
    KeyState.NOT_HERE: N_("Open your link first"),
}
ANY_LINK = {
    KeyState.REPLACED: N_("Open the link in the latest email."),
    KeyState.OTHER_ACCOUNT: N_("Sign in with the account the link was sent to, then open it again."),
    KeyState.UNKNOWN: N_("Part of it may be missing. Copy the whole link, or open it from the email again."),
    KeyState.NOT_HERE: N_(
        "This page opens from a link you were given. Open that link again in this browser, and "
        "allow cookies for this site."
    ),
}
WORDS = {
    "invitation": {
        KeyState.USED: N_("The invitation was accepted. Sign in on your login page."),
        KeyState.EXPIRED: N_("Invitations expire after 14 days. Ask the person who invited you to send it again."),
        KeyState.REVOKED: N_("The invitation was revoked. Ask the person who invited you about it."),
    },
    "confirm": {
        KeyState.USED: N_("Your email address is confirmed. There is nothing left to do."),
        KeyState.UNKNOWN: N_("Part of it may be missing, or it is for another account. Open it from the email again."),
        KeyState.EXPIRED: N_("Confirmation links expire after 7 days. Send a new one from your account."),
        KeyState.REVOKED: N_("The account was deactivated. Ask an owner or admin of your company."),
    },
    "reset": {
        KeyState.USED: N_("Your password was changed with it. If that wasn’t you, request a new link now."),
        KeyState.EXPIRED: N_("Reset links expire after 30 minutes. Request a new one."),
        KeyState.REVOKED: N_("The account was deactivated. Ask an owner or admin of your company."),
    },
    "recovery": {
        KeyState.USED: N_(
            "A recovery link signs you in once. Use a recovery code, or ask your operator for a new link."
        ),
        KeyState.EXPIRED: N_(
            "Recovery links expire after 30 minutes. Use a recovery code, or ask your operator for a new link."
        ),
        KeyState.REPLACED: N_("Use the latest link, or a recovery code."),
        KeyState.REVOKED: N_("It is for active owners only. Ask another owner of your company."),
        KeyState.UNKNOWN: N_("Part of it may be missing. Copy the whole link, or use a recovery code."),
    },
    "join": {
        KeyState.USED: N_("This link has already been used. Request a new one if you need it."),
        KeyState.EXPIRED: N_("This link expired after 30 minutes. Request a new one."),
        KeyState.REPLACED: N_("This link was replaced by a newer one. Open the link in the latest email."),
        KeyState.REVOKED: N_("This link was revoked."),
        KeyState.UNKNOWN: N_("This link doesn’t work. Copy the whole link, or request a new one."),
    },
    "setup": {
        KeyState.EXPIRED: N_("Ask the person who sent it to you for a new link. What you have saved is kept."),
        KeyState.REVOKED: N_(
            "An admin revoked it, or the admin who created it can no longer edit the connection. "
            "Ask for a new link. What you have saved is kept."
        ),
        KeyState.UNKNOWN: N_("Part of it may be missing. Copy the whole link, or ask for a new one."),
    },
}
"""By the purpose of the link."""


@dataclass(frozen=True)
class Action:
    """A button that leads to the next step."""

    label: str
    url: str


def words(purpose: str, state: KeyState) -> str:
    return _(WORDS[purpose].get(state) or ANY_LINK[state])


def ended_page(purpose: str, state: KeyState, *actions: Action) -> Response:
    """404 if no such link is known, so that guesses are counted; 410 if it has ended."""
    if state is KeyState.NOT_HERE:
        status = 200 if request.method in ("GET", "HEAD") else 400
    else:
        status = 404 if state is KeyState.UNKNOWN else 410
    page = render_template(
        "link_ended.html",
        title=_(TITLES[state]),
        words=words(purpose, state),
        actions=actions or (Action(_("Go to your login page"), url_for("login.page.find")),),
    )
    return Response(page, status, mimetype="text/html")
