"""The single-page flow: MSAL.js gets the tokens on the login page; the server trusts only what the tokens prove."""

import hashlib
import json
import time
from typing import Any

from flask import current_app, url_for

from app.connections.connection_config import ConnectionConfig
from app.core.database import encryptor
from app.core.encryption import DecryptionError
from app.http.binding import browser_id, known_browser_id
from app.login import errors
from app.login.errors import SignInRefused
from app.login.id_token import VerifiedIdentity, verify
from app.login.page.queries import Button
from app.microsoft_clients import microsoft

NONCE_SECONDS = 12 * 3600
"""Seconds for which a login page's nonce is valid."""


def configuration(
    button: Button,
    code: str | None = None,
    proof: str | None = None,
    *,
    endpoint: str = "login.microsoft.popup.token",
    prompt: str | None = None,
) -> dict[str, Any]:
    """The connection's settings for the page's script; none of them is secret.

    The login code is remembered after a sign-in. With a proof the identity is linked to an account; see `pending_link`.
    `prompt` is sent with every authorization request.
    """
    cloud = microsoft().cloud
    endpoints = cloud.browser_endpoints(button.tenant)
    return {
        "id": button.public_id,
        "clientId": button.client_id,
        "authority": endpoints.authority,
        # Provided here so that the script needs no discovery request before it opens the popup.
        "authorityMetadata": json.dumps(endpoints.metadata),
        "redirectUri": current_app.config["BASE_URL"]
        + url_for("login.microsoft.popup.show", public_id=button.public_id),
        "tokenUrl": url_for(endpoint, public_id=button.public_id, code=code, proof=proof),
        "prompt": prompt,
        "nonce": issue_nonce(button.public_id),
        "scopes": [cloud.user_read],
    }


def issue_nonce(public_id: str) -> str:
    """A nonce bound to this browser and connection. It is encrypted, so none has to be stored before it is used."""
    return encryptor().encrypt(str(int(time.time())), _place(public_id, browser_id()))


def issue_page_token() -> str:
    """Proves that a POST comes from a page of ours in this browser. Unlike a form's token it stays valid after a
    sign-in in another tab, which must not keep this one from finishing.
    """
    return encryptor().encrypt("page", _place("page", browser_id()))


def is_page_token(token: str) -> bool:
    try:
        return encryptor().decrypt(token, _place("page", known_browser_id())) == "page"
    except DecryptionError:
        return False


def finish(setup: ConnectionConfig, id_token: object, access_token: object, nonce: object) -> VerifiedIdentity:
    """Validates the tokens that the page sent. Raises SignInRefused."""
    issued, issued_at = _issued(setup.public_id, nonce)
    return verify(setup, id_token, access_token, issued, started_at=issued_at)


def attempt_id(nonce: str) -> str:
    """The id that the session made with this nonce stores, so that the nonce is used once."""
    return hashlib.sha256(nonce.encode()).hexdigest()


def _issued(public_id: str, nonce: object) -> tuple[str, int]:
    """The nonce and when it was issued, if it was issued to this browser for this connection and has not expired.

    Raises SignInRefused.
    """
    if not isinstance(nonce, str) or not nonce.isascii():
        raise SignInRefused(errors.NONCE)
    try:
        issued_at = int(encryptor().decrypt(nonce, _place(public_id, known_browser_id())))
    except DecryptionError:
        raise SignInRefused(errors.NONCE) from None
    if time.time() - issued_at > NONCE_SECONDS:
        raise SignInRefused(errors.PAGE_TOO_OLD)
    return nonce, issued_at


def _place(public_id: str, browser: str) -> str:
    return f"nonce:{public_id}:{browser}"
