"""The single-page flow: MSAL.js gets the tokens on the page; the server trusts only what the tokens prove.

The page's nonce takes the role of the redirect flow's cookie: it is issued by the server for one purpose, connection
and browser, expires, and is used once.
"""

import json
import time
from dataclasses import dataclass, field
from typing import Any

from flask import current_app, request, url_for
from werkzeug.datastructures import MultiDict

from app.companies import codes
from app.connections.connection_config import ConnectionConfig
from app.core.sealed_state import ExpiredState, InvalidState, SealedState
from app.entra.errors import InvalidIdToken
from app.entra.oauth import refusal_of
from app.http.binding import browser_id, known_browser_id
from app.http.redirects import safe_next
from app.login import errors
from app.login.errors import SignInRefused
from app.login.microsoft.identity import VerifiedIdentity, verify
from app.login.page.queries import Button
from app.login.transaction import LoginTransaction, Purpose
from app.microsoft_clients import microsoft

NOTICED = {
    "directory_unreachable": errors.UNREACHABLE,
    "directory_broken": errors.INVALID_RESPONSE,
    "nonce_mismatch": errors.error_for(InvalidIdToken("nonce")),
    "token_parsing_error": errors.error_for(InvalidIdToken("malformed")),
    "state_mismatch": errors.STATE,
}
"""Errors between the page and Microsoft, by the names that our script and MSAL.js use."""


@dataclass(frozen=True)
class Nonce:
    purpose: str
    issued_at: int = field(default_factory=lambda: int(time.time()))
    """Seconds since 1970."""


@dataclass(frozen=True)
class PageToken:
    """Proves that a POST comes from a page of ours in this browser. Unlike a form's token it stays valid after a
    sign-in in another tab, which must not keep this one from finishing.
    """


NONCE = SealedState("nonce", Nonce, lifetime=12 * 3600)
# Outlives the nonce, so that a page left open for too long gets an error that says so.
PAGE_TOKEN = SealedState("page_token", PageToken, lifetime=7 * 24 * 3600)


@dataclass(frozen=True)
class PopupAnswer:
    """The tokens that a page posts, or Microsoft's error."""

    transaction: LoginTransaction
    posted: dict[str, Any]

    @property
    def parameters(self) -> MultiDict[str, str]:
        return MultiDict({name: value for name, value in self.posted.items() if isinstance(value, str)})

    def identity(self, connection: ConnectionConfig) -> VerifiedIdentity:
        """Validates the nonce and the tokens. Raises SignInRefused."""
        if "error" in self.posted:
            said = refusal_of(self.posted)
            raise SignInRefused(NOTICED.get(said.error) or errors.error_for(said))
        issued = self._issued(connection)
        return verify(
            connection,
            self.posted.get("id_token"),
            self.posted.get("access_token"),
            self.transaction.nonce,
            started_at=issued.issued_at,
        )

    def _issued(self, connection: ConnectionConfig) -> Nonce:
        """The nonce, if it was issued for this purpose and connection, to this browser, and has not expired.

        Raises SignInRefused.
        """
        try:
            issued = NONCE.decrypt(self.transaction.nonce, f"{connection.public_id}:{known_browser_id()}")
        except ExpiredState:
            raise SignInRefused(errors.PAGE_TOO_OLD) from None
        except InvalidState:
            raise SignInRefused(errors.NONCE) from None
        if issued.purpose != self.transaction.purpose:
            raise SignInRefused(errors.NONCE)
        return issued


def configuration(
    button: Button,
    purpose: Purpose,
    token_url: str,
    *,
    prompt: str | None = None,
    login_hint: str | None = None,
) -> dict[str, Any]:
    """The connection's settings for the page's script, which posts its tokens to `token_url`; none of them is secret.
    `prompt` is sent with every authorization request, `login_hint` with those that don't ask for another account.
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
        "tokenUrl": token_url,
        "prompt": prompt,
        "loginHint": login_hint,
        "nonce": NONCE.encrypt(Nonce(purpose), f"{button.public_id}:{browser_id()}"),
        "scopes": [cloud.user_read],
    }


def issue_page_token() -> str:
    return PAGE_TOKEN.encrypt(PageToken(), browser_id())


def is_page_token(token: str) -> bool:
    return PAGE_TOKEN.find(token, known_browser_id()) is not None


def transaction_of(
    connection: ConnectionConfig, purpose: Purpose, posted: dict[str, Any], **context: Any
) -> LoginTransaction:
    """The transaction that a page continues with what it posts. Its nonce is verified with the tokens."""
    given = posted.get("nonce")
    nonce = given if isinstance(given, str) and given.isascii() else ""
    code = codes.normal(request.args.get("code", ""))
    return LoginTransaction(
        purpose=purpose,
        state=nonce,
        nonce=nonce,
        connection_id=str(connection.id),
        code="" if codes.fault(code) else code,
        next=safe_next(posted.get("next")),
        remember=posted.get("remember") is True,
        context=context,
    )
