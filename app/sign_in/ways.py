"""The Microsoft buttons of a page, for both flows: what the template and its script need."""

from collections.abc import Iterable
from typing import Any

from flask import url_for

from app.connections.models import Flow
from app.sign_in import joining, spa_flow
from app.sign_in.joining import Proof
from app.sign_in.queries import Button
from app.web.headers import let_script_sign_in


def ways_in(buttons: Iterable[Button], code: str, next_path: str, *, joins: Proof | None = None) -> dict[str, Any]:
    """The template's values. With `joins` whoever signs in through a button joins that account."""
    buttons = list(buttons)
    proofs = {one.public_id: joining.issue_proof(joins, one.public_id) if joins else None for one in buttons}
    single_page = [button for button in buttons if button.flow == Flow.SPA]
    if single_page:
        let_script_sign_in()
    return {
        "buttons": [_shown(button, code, proofs[button.public_id]) for button in buttons],
        "single_page": [spa_flow.configuration(button, code, proofs[button.public_id]) for button in single_page],
        "page_token": spa_flow.issue_page_token() if single_page else None,
        "next": next_path,
    }


def still_ways(buttons: Iterable[Button], code: str) -> dict[str, Any]:
    """The same for a page to look at, in which no script runs."""
    shown = [_shown(button, code, None) for button in buttons]
    return {"buttons": shown, "single_page": [], "page_token": None, "next": "/"}


def _shown(button: Button, code: str, proof: str | None) -> dict[str, Any]:
    """A button; with a credential the server-side flow stands in where JavaScript is off."""
    on_server = button.flow == Flow.SERVER or button.has_credential
    return {
        "label": button.label,
        "title": button.title,
        "public_id": button.public_id,
        "action": url_for("sign_in.start", code=code, public_id=button.public_id) if on_server else None,
        "single_page": button.flow == Flow.SPA,
        "proof": proof,
    }
