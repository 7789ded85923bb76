"""The server-side flow with `identity` and `msal`, and our checks around them."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

from app.core.patches.msal_throttling import UnthrottledHttpCache
from app.core.text import sanitize, sanitize_lines
from app.entra.clouds import Cloud
from app.entra.discovery import OpenIdDiscovery
from app.entra.errors import InvalidResponse, OAuthError
from app.entra.http_client import Http
from app.entra.msal_adapters import MsalHttpAdapter, translate_msal_errors

if TYPE_CHECKING:
    from msal import ConfidentialClientApplication

    from app.entra.msal_clients import CodeFlow

KEPT_CLIENTS = 1000
AADSTS_CODE = re.compile(r"AADSTS(\d{4,9})")
UNVERIFIED_ID_TOKEN = "unverified_id_token"  # noqa: S105 - the name of a field
TOKEN_ANSWER_FIELDS = ("access_token", "refresh_token", "scope", UNVERIFIED_ID_TOKEN)


@dataclass(frozen=True)
class Secret:
    value: str


@dataclass(frozen=True)
class Certificate:
    """MSAL signs PS256 assertions with it, with the certificate's x5t#S256; both parts in PEM."""

    private_key: str
    certificate: str


@dataclass(frozen=True)
class Assertion:
    """A federated credential: a JWT signed by an issuer outside the directory, created for each request."""

    subject: str
    make: Callable[[], str]


@dataclass(frozen=True)
class Registration:
    """An application registration: the client that a connection is at Microsoft."""

    tenant: str
    client_id: str
    credential: Secret | Certificate | Assertion | None

    @property
    def key(self) -> tuple[str, ...]:
        """Identifies the registration without containing a secret."""
        match self.credential:
            case Secret(value):
                proof = sha256(value.encode()).hexdigest()
            case Certificate(_, certificate):
                proof = sha256(certificate.encode()).hexdigest()
            case Assertion(subject, _):
                proof = subject
            case None:
                proof = ""
        return (self.tenant, self.client_id, proof)

    @property
    def for_msal(self) -> Any:
        match self.credential:
            case Secret(value):
                return value
            case Certificate(private_key, certificate):
                return {"private_key": private_key, "public_certificate": certificate}
            case Assertion(_, make):
                return {"client_assertion": make}
            case None:
                return None


@dataclass(frozen=True)
class AuthorizationRequest:
    """The URL to redirect the browser to, and the state to keep until it returns."""

    url: str
    state: str
    nonce: str
    flow: dict[str, Any]
    """MSAL's state, JSON values only: it contains the PKCE verifier, so it must be kept encrypted."""


@dataclass(frozen=True)
class TokenAnswer:
    """The token endpoint's response. Nothing in it has been validated."""

    id_token: str
    access_token: str | None
    refresh_token: str | None = field(default=None, repr=False)
    """Only if offline access was asked for."""


class Entra:
    """The sign-in endpoints of one cloud. Thread-safe; one per process."""

    def __init__(self, cloud: Cloud, http: Http, directory: OpenIdDiscovery) -> None:
        self._cloud = cloud
        self._directory = directory
        self._wire = _IdTokenWire(http)
        self._http_cache = UnthrottledHttpCache()
        self._clients: OrderedDict[tuple[str, ...], ConfidentialClientApplication] = OrderedDict()
        self._clients_lock = Lock()

    def start(
        self,
        registration: Registration,
        redirect_uri: str,
        *,
        prompt: str | None = None,
        login_hint: str | None = None,
        offline: bool = False,
    ) -> AuthorizationRequest:
        """Creates an authorization request, with `offline` for a refresh token as well.

        Raises OAuthError, ServiceUnavailable, InvalidResponse.
        """
        from app.entra.msal_clients import CodeFlow

        kept: dict[str, Any] = {}
        with translate_msal_errors():
            answer = self._auth(kept, registration, offline=offline).log_in(
                scopes=[self._cloud.user_read], redirect_uri=redirect_uri, prompt=prompt
            )
        url = answer["auth_uri"]
        if prompt == "login":
            # Has the same effect; in addition, OpenID Connect then requires `auth_time` in the ID token.
            url += "&max_age=0"
        if login_hint:
            url += "&" + urlencode({"login_hint": login_hint})
        flow = kept[CodeFlow.FLOW_KEY]
        # MSAL sends a hash of its nonce; the token must contain the value in the URL.
        (nonce,) = parse_qs(urlsplit(url).query)["nonce"]
        return AuthorizationRequest(
            url, flow["state"], nonce, {key: flow[key] for key in ("redirect_uri", "scope", "code_verifier")}
        )

    def redeem_code(self, registration: Registration, start_flow: dict[str, Any], state: str, code: str) -> TokenAnswer:
        """Redeems the code. `state` must have been compared already.

        Raises OAuthError, ServiceUnavailable, InvalidResponse.
        """
        from app.entra.msal_clients import CodeFlow

        flow = {**start_flow, "state": state, CodeFlow.SCOPES_KEY: []}
        auth = self._auth({CodeFlow.FLOW_KEY: flow}, registration)
        with translate_msal_errors():
            auth.complete_log_in({"code": code, "state": state})
        return _token_answer(auth.answer)

    def refresh(self, registration: Registration, refresh_token: str) -> TokenAnswer:
        """New tokens of a person who signed in with offline access; one request.

        Raises OAuthError, ServiceUnavailable, InvalidResponse.
        """
        client = self._client(registration, offline=True)
        with translate_msal_errors():
            answer = client.acquire_token_by_refresh_token(refresh_token, [self._cloud.user_read])
        return _token_answer(answer)

    def sign_out_url(self, tenant: str, post_logout_redirect_uri: str, login_hint: str | None) -> str:
        """The URL at which a person can end their Microsoft session.

        https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc#send-a-sign-out-request

        Raises OAuthError, ServiceUnavailable, InvalidResponse.
        """
        query = {"post_logout_redirect_uri": post_logout_redirect_uri}
        if login_hint:
            query["logout_hint"] = login_hint
        return f"{self._directory.metadata(tenant).end_session_endpoint}?{urlencode(query)}"

    def _auth(self, kept: dict[str, Any], registration: Registration, *, offline: bool = False) -> CodeFlow:
        from app.entra.msal_clients import CodeFlow

        return CodeFlow(kept, self._client(registration, offline=offline), registration.client_id)

    def _client(self, registration: Registration, *, offline: bool = False) -> ConfidentialClientApplication:
        """One MSAL application per registration and secret: creating one costs more than a sign-in with it."""
        from app.entra.msal_clients import confidential_client

        key = (*registration.key, "offline" if offline else "")
        with self._clients_lock:
            if key in self._clients:
                self._clients.move_to_end(key)
                return self._clients[key]
        with translate_msal_errors():
            # Raises a specific error for an unknown tenant, for which MSAL would only report that discovery failed.
            self._directory.metadata(registration.tenant)
            # Where no refresh token is needed, none is requested.
            excluded = [] if offline else ["offline_access"]
            client = confidential_client(
                registration, self._cloud, self._wire, self._http_cache, exclude_scopes=excluded
            )
        with self._clients_lock:
            self._clients[key] = client
            if len(self._clients) > KEPT_CLIENTS:
                self._clients.popitem(last=False)
        return client


def _token_answer(answer: dict[str, Any]) -> TokenAnswer:
    if "error" in answer:
        raise refusal_of(answer)
    if UNVERIFIED_ID_TOKEN not in answer:
        raise InvalidResponse("the token answer has no ID token")
    return TokenAnswer(answer[UNVERIFIED_ID_TOKEN], answer.get("access_token"), answer.get("refresh_token"))


def refusal_of(answer: dict[str, Any]) -> OAuthError:
    """A directory's error response, from the token endpoint or in the redirect, as an OAuthError."""
    description = sanitize_lines(str(answer.get("error_description") or ""), 2000)
    listed = answer.get("error_codes")
    numbers = [code for code in listed if isinstance(code, int)] if isinstance(listed, list) else []
    named = [int(number) for number in AADSTS_CODE.findall(description)]
    return OAuthError(sanitize(str(answer.get("error")), 100), description, tuple(dict.fromkeys([*named, *numbers])))


class _IdTokenWire(MsalHttpAdapter):
    """MSAL decodes an ID token without validating it, and fails in many ways on malformed ones. Ours is checked only by
    `id_tokens.validate`, so MSAL sees it under another name.
    """

    def taken_over(self, content: dict[str, Any]) -> dict[str, Any]:
        others = (content.get("access_token", ""), content.get("refresh_token", ""))
        if not isinstance(content.get("id_token"), str) or not all(isinstance(one, str) for one in others):
            raise InvalidResponse("the token answer has no ID token")
        content[UNVERIFIED_ID_TOKEN] = content.pop("id_token")
        return {name: content[name] for name in TOKEN_ANSWER_FIELDS if name in content}
