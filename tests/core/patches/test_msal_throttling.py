"""A token request that Microsoft rejected, repeated."""

from collections.abc import MutableMapping
from typing import Any

import msal
import pytest

from app.core.patches.msal_throttling import UnthrottledHttpCache
from app.entra.http_client import Http
from tests.entra.answering import answering

TENANT = "11111111-1111-4111-8111-111111111111"


class HttpAdapter:
    """The HTTP client that MSAL uses."""

    def __init__(self, http: Http) -> None:
        self.get = http.get
        self._http = http

    def post(self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_options: Any) -> Any:
        return self._http.post(url, params, data, headers)

    def close(self) -> None:
        """Nothing to close: the connections end with the server."""


@pytest.mark.parametrize(("status", "headers"), [(400, {}), (429, {"Retry_After": "60"})])
@pytest.mark.parametrize(("cache", "sent"), [(dict, 1), (UnthrottledHttpCache, 2)], ids=["MSAL's own", "ours"])
def test_msal_repeats_cached_error_unless_patched(
    status: int, headers: dict[str, str], cache: type[MutableMapping[str, Any]], sent: int
) -> None:
    with answering() as server:
        authority = f"{server.origin.replace('http:', 'https:')}/{TENANT}"
        endpoints = {"authorization_endpoint": f"{authority}/authorize", "token_endpoint": f"{authority}/token"}
        server.say(f"/{TENANT}/v2.0/.well-known/openid-configuration", {"issuer": authority, **endpoints})
        server.say(f"/{TENANT}/token", {"error": "invalid_client"}, status, **headers)
        client = msal.ConfidentialClientApplication(
            "an id",
            client_credential="a secret",
            authority=authority,
            http_client=HttpAdapter(Http(server.cloud)),
            http_cache=cache(),
            instance_discovery=False,
        )
        for _ in range(2):
            assert (
                client.acquire_token_for_client(["https://graph.microsoft.com/.default"])["error"] == "invalid_client"
            )
        assert server.count(f"/{TENANT}/token") == sent
