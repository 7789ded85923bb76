"""Tokens for a resource that is read in the background: by refresh token, or with client credentials.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#refresh-the-access-token and
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow. The person's ID token is not
used: the resource tells whose the tokens are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from app.core.patches.msal_throttling import UnthrottledHttpCache
from app.entra.clouds import Cloud
from app.entra.discovery import OpenIdDiscovery
from app.entra.errors import InvalidResponse
from app.entra.http_client import Http
from app.entra.msal_adapters import MsalHttpAdapter, translate_msal_errors
from app.entra.oauth import AuthorizationRequest, Registration, refusal_of

if TYPE_CHECKING:
    from msal import ConfidentialClientApplication

TOKEN_ANSWER_FIELDS = ("access_token", "refresh_token", "expires_in", "scope", "token_type")
SHORTEST_LIFE, LONGEST_LIFE = 60, 24 * 3600
KEPT_OF_A_FLOW = ("redirect_uri", "scope", "code_verifier")


@dataclass(frozen=True)
class TokenSet:
    """Tokens for one resource."""

    access_token: str
    refresh_token: str | None
    """Replaces the previous one; None if there is no person, or the previous one stays valid."""
    seconds: int
    """The access token's lifetime in seconds."""


class TokenClient:
    """Thread-safe; one per process."""

    def __init__(self, cloud: Cloud, http: Http, directory: OpenIdDiscovery) -> None:
        self._cloud = cloud
        self._directory = directory
        self._wire = _AccessTokenAdapter(http)
        self._http_cache = UnthrottledHttpCache()

    def start(self, registration: Registration, redirect_uri: str, resource: str) -> AuthorizationRequest:
        """Creates an authorization request for the person who delegates their permissions.

        Raises OAuthError, ServiceUnavailable, InvalidResponse.
        """
        client = self._client(registration)
        with translate_msal_errors():
            flow = client.initiate_auth_code_flow(
                [_scope(resource)], redirect_uri=redirect_uri, prompt="select_account", response_mode="query"
            )
            url: str = flow["auth_uri"]
            (nonce,) = parse_qs(urlsplit(url).query)["nonce"]
            return AuthorizationRequest(url, flow["state"], nonce, {key: flow[key] for key in KEPT_OF_A_FLOW})

    def redeem_code(self, registration: Registration, start_flow: dict[str, Any], state: str, code: str) -> TokenSet:
        """Redeems the code. `state` must have been compared already. Raises OAuthError, ServiceUnavailable,
        InvalidResponse.
        """
        client = self._client(registration)
        with translate_msal_errors():
            answer = client.acquire_token_by_auth_code_flow(
                {**start_flow, "state": state}, {"code": code, "state": state}
            )
        granted = _token_set(answer)
        if granted.refresh_token is None:
            raise InvalidResponse("the token answer has no refresh token")
        return granted

    def refresh(self, registration: Registration, refresh_token: str, resource: str) -> TokenSet:
        """One request. Raises OAuthError, ServiceUnavailable, InvalidResponse."""
        client = self._client(registration)
        with translate_msal_errors():
            return _token_set(client.acquire_token_by_refresh_token(refresh_token, [_scope(resource)]))

    def for_application(self, registration: Registration, resource: str) -> TokenSet:
        """One request, with client credentials. Raises OAuthError, ServiceUnavailable, InvalidResponse."""
        client = self._client(registration)
        with translate_msal_errors():
            return _token_set(client.acquire_token_for_client([_scope(resource)]))

    def _client(self, registration: Registration) -> ConfidentialClientApplication:
        """Created for each request: a company needs one per hour."""
        from app.entra.msal_clients import confidential_client

        with translate_msal_errors():
            # Raises a specific error for an unknown tenant, for which MSAL would only report that discovery failed.
            self._directory.metadata(registration.tenant)
            return confidential_client(registration, self._cloud, self._wire, self._http_cache)


class _AccessTokenAdapter(MsalHttpAdapter):
    """Hides the ID token from MSAL, which would decode it without validating it; it isn't needed here."""

    def taken_over(self, content: dict[str, Any]) -> dict[str, Any]:
        if not isinstance(content.get("access_token"), str) or not isinstance(content.get("refresh_token", ""), str):
            raise InvalidResponse("the token answer has no access token")
        return {name: content[name] for name in TOKEN_ANSWER_FIELDS if name in content}


def _scope(resource: str) -> str:
    return f"{resource}/.default"


def _token_set(answer: dict[str, Any]) -> TokenSet:
    if "error" in answer:
        raise refusal_of(answer)
    seconds = answer.get("expires_in")
    if isinstance(seconds, str) and seconds.isdecimal():
        seconds = int(seconds[:9])
    if isinstance(seconds, bool) or not isinstance(seconds, int):
        seconds = SHORTEST_LIFE
    life = max(SHORTEST_LIFE, min(seconds, LONGEST_LIFE))
    return TokenSet(answer["access_token"], answer.get("refresh_token"), life)
