"""The Microsoft buttons of a page, for both flows: what the template and its script need."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import url_for

from app.connections.models import Flow
from app.sign_in import joining, spa_flow
from app.sign_in.joining import Proof
from app.sign_in.queries import Button
from app.web.csrf import csrf_token
from app.web.headers import let_script_sign_in


@dataclass(frozen=True)
class Target:
    """What a page's buttons lead to: where the server-side flow starts, and where a page brings its tokens."""

    start: str
    token: str
    at_login_page: bool = False
    """The start's address names the login page."""
    prompt: str | None = None
    """What the directory is asked for always; then there is no choice of account either."""


SIGN_IN = Target("sign_in.start", "sign_in.token", at_login_page=True)
CONNECT = Target("sign_in.start_connecting", "sign_in.connect_with_token")
REAUTHENTICATE = Target("sign_in.start_reauthentication", "sign_in.reauthenticate_with_token", prompt="login")


def ways_in(
    buttons: Iterable[Button], code: str, next_path: str, *, joins: Proof | None = None, to: Target = SIGN_IN
) -> dict[str, Any]:
    """The template's values. With `joins` whoever signs in through a button joins that account."""
    buttons = list(buttons)
    proofs = {one.public_id: joining.issue_proof(joins, one.public_id) if joins else None for one in buttons}
    single_page = [button for button in buttons if button.flow == Flow.SPA]
    if single_page:
        let_script_sign_in()
    return {
        "buttons": [_shown(button, code, proofs[button.public_id], to) for button in buttons],
        "offers_other_account": to.prompt is None,
        "single_page": [
            spa_flow.configuration(
                button,
                code if to.at_login_page else None,
                proofs[button.public_id],
                endpoint=to.token,
                prompt=to.prompt,
            )
            for button in single_page
        ],
        "page_token": _page_token(to) if single_page else None,
        "next": next_path,
    }


def _page_token(to: Target) -> str:
    """A login page's outlives a sign-in in another tab; a page for who is signed in has a form's."""
    return spa_flow.issue_page_token() if to is SIGN_IN else csrf_token()


def still_ways(buttons: Iterable[Button], code: str) -> dict[str, Any]:
    """The same for a page to look at, in which no script runs."""
    shown = [_shown(button, code, None) for button in buttons]
    return {"buttons": shown, "offers_other_account": True, "single_page": [], "page_token": None, "next": "/"}


def _shown(button: Button, code: str, proof: str | None, to: Target = SIGN_IN) -> dict[str, Any]:
    """A button; with a credential the server-side flow stands in where JavaScript is off."""
    at: dict[str, Any] = {"code": code} if to.at_login_page else {}
    on_server = button.flow == Flow.SERVER or button.has_credential
    return {
        "label": button.label,
        "title": button.title,
        "public_id": button.public_id,
        "action": url_for(to.start, public_id=button.public_id, **at) if on_server else None,
        "single_page": button.flow == Flow.SPA,
        "proof": proof,
    }
