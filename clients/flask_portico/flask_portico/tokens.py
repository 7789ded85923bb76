"""Verifies what Portico signed and sends without being asked: logout tokens, and the header of forward-auth."""

import time
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from flask_portico.errors import InvalidToken

LEEWAY_SECONDS = 60
"""How far the clocks of this server and Portico's may differ."""
RELOADED_EVERY = 300.0
UNKNOWN_RELOADED_EVERY = 10.0
"""The same when a token names an unknown key. A new key is published a day before it signs, so waiting costs nothing,
and made-up tokens can't cause a request each.
"""
LOGOUT_TYPE = "logout+jwt"
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_MOST_SECONDS = 600
"""How long a logout token may be valid: its `jti` is remembered until then."""
FORWARD_AUTH_TYPE = "portico-forward-auth+jwt"
FORWARD_AUTH_HEADER = "X-Portico-Token"


class Verifier:
    """Checks signatures with Portico's published keys. `fetch` returns them, as a JSON Web Key Set."""

    def __init__(self, issuer: str, client_id: str, fetch: Callable[[], Any]) -> None:
        self.issuer = issuer
        self.client_id = client_id
        self._fetch = fetch
        self._keys: Mapping[str, Any] = {}
        self._loaded_at = float("-inf")
        self._lock = Lock()

    def forward_auth(self, token: str) -> dict[str, Any]:
        """The claims about the person behind a request. Raises InvalidToken."""
        return self._verified(token, FORWARD_AUTH_TYPE, ["ES256"])

    def logout(self, token: str) -> dict[str, Any]:
        """The claims of a logout token (OpenID Connect Back-Channel Logout 1.0, section 2.6), except that its `jti` may
        have been used before. Raises InvalidToken.
        """
        claims = self._verified(token, LOGOUT_TYPE, ["RS256", "ES256"])
        events = claims.get("events")
        if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
            raise InvalidToken("events doesn’t name a back-channel logout")
        if "nonce" in claims:
            raise InvalidToken("it has a nonce, as an ID token would")
        if not isinstance(claims.get("jti"), str) or not claims["jti"]:
            raise InvalidToken("it has no jti")
        named = [claims[name] for name in ("sub", "sid") if name in claims]
        if not named or not all(isinstance(value, str) and value for value in named):
            raise InvalidToken("it names no session and no person")
        if claims["exp"] > time.time() + LOGOUT_MOST_SECONDS:
            raise InvalidToken("it is valid for too long")
        return claims

    def _verified(self, token: str, typ: str, algorithms: list[str]) -> dict[str, Any]:
        try:
            found = jwt.decode(token, self._key, algorithms=algorithms)
            jwt.JWTClaimsRegistry(
                leeway=LEEWAY_SECONDS,
                iss={"essential": True, "value": self.issuer},
                aud={"essential": True, "value": self.client_id},
                exp={"essential": True},
                iat={"essential": True},
            ).validate(found.claims)
        except (JoseError, ValueError) as error:
            raise InvalidToken(type(error).__name__) from None
        if found.header.get("typ") != typ:
            raise InvalidToken(f"its type is not {typ}")
        return found.claims

    def _key(self, token: Any) -> Any:
        kid = token.headers().get("kid")
        for within in (RELOADED_EVERY, UNKNOWN_RELOADED_EVERY):
            if kid in (keys := self._published(within)):
                return keys[kid]
        raise InvalidToken("it is signed with an unknown key")

    def _published(self, within: float) -> Mapping[str, Any]:
        with self._lock:
            if time.monotonic() - self._loaded_at > within:
                self._keys = {str(key.kid): key for key in KeySet.import_key_set(self._fetch()).keys}
                self._loaded_at = time.monotonic()
            return self._keys
