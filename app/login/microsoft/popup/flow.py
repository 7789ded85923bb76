"""The single-page flow: MSAL.js gets the tokens on the login page; the server believes nothing but what they prove."""

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
"""How long a login page may lie open."""


def configuration(
    button: Button,
    code: str | None = None,
    proof: str | None = None,
    *,
    endpoint: str = "login.microsoft.popup.token",
    prompt: str | None = None,
) -> dict[str, Any]:
    """What the page's script needs to know of a connection; nothing of it is secret.

    The login code is remembered after a sign-in. With a proof the identity joins an account; see `joining`. A `prompt`
    is what the directory is asked for always.
    """
    cloud = microsoft().cloud
    endpoints = cloud.browser_endpoints(button.tenant)
    return {
        "id": button.public_id,
        "clientId": button.client_id,
        "authority": endpoints.authority,
        # Given here, so that the script asks nobody for it before it opens the window.
        "authorityMetadata": json.dumps(endpoints.metadata),
        "redirectUri": current_app.config["BASE_URL"]
        + url_for("login.microsoft.popup.show", public_id=button.public_id),
        "tokenUrl": url_for(endpoint, public_id=button.public_id, code=code, proof=proof),
        "prompt": prompt,
        "nonce": issue_nonce(button.public_id),
        "scopes": [cloud.user_read],
    }


def issue_nonce(public_id: str) -> str:
    """A nonce of this browser's and connection's. It is sealed, so that none needs to be stored before one is spent."""
    return encryptor().encrypt(str(int(time.time())), _place(public_id, browser_id()))


def issue_page_token() -> str:
    """Proves that a post comes from a page of ours in this browser. Unlike a form's it outlives a sign-in in another
    tab, which must not keep this one from finishing."""
    return encryptor().encrypt("page", _place("page", browser_id()))


def is_page_token(token: str) -> bool:
    try:
        return encryptor().decrypt(token, _place("page", known_browser_id())) == "page"
    except DecryptionError:
        return False


def finish(setup: ConnectionConfig, id_token: object, access_token: object, nonce: object) -> VerifiedIdentity:
    """Validates what the page brought. Raises SignInRefused."""
    issued, issued_at = _issued(setup.public_id, nonce)
    return verify(setup, id_token, access_token, issued, started_at=issued_at)


def attempt_id(nonce: str) -> str:
    """What is spent with the session that a nonce makes."""
    return hashlib.sha256(nonce.encode()).hexdigest()


def _issued(public_id: str, nonce: object) -> tuple[str, int]:
    """The nonce and when it was issued, if it was to this browser for this connection, and not too long ago.

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
