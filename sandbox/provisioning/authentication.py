"""How the service authenticates at an endpoint, besides with a secret token: by access tokens, which it gets with a
client secret or with an assertion that the customer's tenant signs.

https://learn.microsoft.com/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups and
https://github.com/AzureAD/SCIMReferenceCode/blob/master/Workload-Identity-Federation-for-SCIM-Provisioning.md
"""

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

import requests

TIMEOUT_SECONDS = 30
EARLY_SECONDS = 60
"""An access token is replaced this long before its end."""
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SENT = ("header", "body", "both")
"""How an admin chooses that a client secret is sent."""


class Refused(Exception):
    """The token endpoint gave no access token."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"the token endpoint answered {status}: {detail}")
        self.status = status


@dataclass
class AccessTokens:
    """The access tokens of an endpoint's client. `proof` is what the request to the token endpoint has besides."""

    endpoint: str
    client_id: str
    proof: Callable[[], dict[str, Any]]
    """The arguments of a request that prove who the client is: `data`, and `headers`."""
    scope: str = "scim"
    fetched: int = 0
    """The number of access tokens."""
    _token: str = field(default="", repr=False)
    _ends: float = 0.0

    def current(self) -> str:
        """A valid access token. Raises Refused, and what `requests` raises."""
        if time.time() > self._ends - EARLY_SECONDS:
            self._fetch()
        return self._token

    def forget(self) -> None:
        """The endpoint has refused the access token."""
        self._ends = 0.0

    def _fetch(self) -> None:
        arguments = self.proof()
        form = {"grant_type": "client_credentials", "scope": self.scope, **arguments.pop("data", {})}
        response = requests.post(self.endpoint, data=form, timeout=TIMEOUT_SECONDS, allow_redirects=False, **arguments)
        if response.status_code != 200:
            raise Refused(response.status_code, response.text[:200])
        answer = response.json()
        self._token, self._ends = answer["access_token"], time.time() + answer["expires_in"]
        self.fetched += 1


def with_secret(
    endpoint: str, client_id: str, secret: str, *, sent: str = "header", scope: str = "scim"
) -> AccessTokens:
    """By client credentials."""

    def proof() -> dict[str, Any]:
        pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
        basic = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        form = {"client_id": client_id, "client_secret": secret}
        return {
            "data": form if sent in ("body", "both") else {},
            "headers": basic if sent in ("header", "both") else {},
        }

    return AccessTokens(endpoint, client_id, proof, scope)


def with_assertion(endpoint: str, client_id: str, assertion: Callable[[], str], *, scope: str = "scim") -> AccessTokens:
    """By workload identity federation."""

    def proof() -> dict[str, Any]:
        form = {"client_id": client_id, "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion()}
        return {"data": form}

    return AccessTokens(endpoint, client_id, proof, scope)
