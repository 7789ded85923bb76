"""The Microsoft buttons of a page, for both flows: what the template and its script need."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import url_for

from app.connections.models import Flow
from app.http.csrf import csrf_token
from app.http.headers import allow_msal_csp
from app.login.linking import proof
from app.login.linking.proof import LinkProof
from app.login.microsoft.popup import flow as popup_flow
from app.login.page.queries import Button
from app.login.transaction import Purpose


@dataclass(frozen=True)
class Target:
    """What a page's buttons are for: where the server-side flow starts, and where a page posts its tokens."""

    purpose: Purpose
    start: str
    token: str
    at_login_page: bool = False
    """The start URL contains the login code."""
    prompt: str | None = None
    """The `prompt` sent with every request; if set, there is no account picker."""


SIGN_IN = Target(Purpose.SIGN_IN, "login.microsoft.redirect.start", "login.microsoft.popup.token", at_login_page=True)
CONNECT = Target(Purpose.LINK, "login.linking.start", "login.microsoft.popup.connect")
REAUTHENTICATE = Target(
    Purpose.REAUTHENTICATE, "login.reauthentication.start", "login.microsoft.popup.reauthenticate", prompt="login"
)


def sign_in_buttons(
    buttons: Iterable[Button],
    code: str,
    next_path: str,
    *,
    joins: LinkProof | None = None,
    to: Target = SIGN_IN,
    prompt: str | None = None,
    login_hint: str | None = None,
) -> dict[str, Any]:
    """The template's values. With `joins`, a sign-in through a button links its identity to that account. `prompt` is
    what the directory is asked for, if the target doesn't say, and `login_hint` who is expected to sign in.
    """
    buttons = list(buttons)
    proofs = {one.public_id: proof.issue(joins, one.public_id) if joins else None for one in buttons}
    single_page = [button for button in buttons if button.flow == Flow.SPA]
    if single_page:
        allow_msal_csp()
    return {
        "buttons": [_shown(button, code, proofs[button.public_id], to) for button in buttons],
        "offers_other_account": to.prompt is None,
        "single_page": [
            popup_flow.configuration(
                button,
                to.purpose,
                _token_url(to, button, code, proofs[button.public_id]),
                prompt=to.prompt or prompt,
                login_hint=login_hint,
            )
            for button in single_page
        ],
        "page_token": _page_token(to) if single_page else None,
        "next": next_path,
    }


def _token_url(to: Target, button: Button, code: str, link_proof: str | None) -> str:
    """Names the login code, which is remembered after a sign-in, and the proof with which the identity is linked."""
    return url_for(to.token, public_id=button.public_id, code=code if to.at_login_page else None, proof=link_proof)


def _page_token(to: Target) -> str:
    """A login page's token stays valid after a sign-in in another tab; a page for signed-in people uses a form
    token.
    """
    return popup_flow.issue_page_token() if to is SIGN_IN else csrf_token()


def preview_buttons(buttons: Iterable[Button], code: str) -> dict[str, Any]:
    """The same for a preview, in which no script runs."""
    shown = [_shown(button, code, None) for button in buttons]
    return {"buttons": shown, "offers_other_account": True, "single_page": [], "page_token": None, "next": "/"}


def _shown(button: Button, code: str, link_proof: str | None, to: Target = SIGN_IN) -> dict[str, Any]:
    """One button; if the connection has a credential, the server-side flow is the fallback without JavaScript."""
    at: dict[str, Any] = {"code": code} if to.at_login_page else {}
    on_server = button.flow == Flow.SERVER or button.has_credential
    return {
        "label": button.label,
        "title": button.title,
        "public_id": button.public_id,
        "action": url_for(to.start, public_id=button.public_id, **at) if on_server else None,
        "single_page": button.flow == Flow.SPA,
        "proof": link_proof,
    }
