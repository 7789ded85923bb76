"""What is built on the packages `identity` and `msal`. Imported when a client is first needed: they import `requests`,
and neither a start nor a command sends a request to Microsoft.
"""

import warnings
from collections.abc import MutableMapping
from typing import Any

import identity.web
import msal
from msal import ConfidentialClientApplication

from app.entra.clouds import Cloud
from app.entra.msal_adapters import MsalHttpAdapter
from app.entra.oauth import Registration

# A form posted by another site carries no SameSite=Lax cookie, and the transaction is in one; the code in the query is
# worthless without the PKCE verifier and the client credential.
warnings.filterwarnings("ignore", message="response_mode='form_post' is recommended")


class NullTokenCache(msal.TokenCache):
    """One person's tokens must not be found by another."""

    def add(self, event: Any, now: Any = None) -> None:
        pass


def confidential_client(
    registration: Registration,
    cloud: Cloud,
    wire: MsalHttpAdapter,
    http_cache: MutableMapping[str, Any],
    exclude_scopes: list[str] | None = None,
) -> ConfidentialClientApplication:
    """MSAL's client of an application registration, which sends its requests through `wire`."""
    return ConfidentialClientApplication(
        registration.client_id,
        client_credential=registration.for_msal,
        authority=f"{cloud.authority}/{registration.tenant}",
        instance_discovery=False,
        exclude_scopes=exclude_scopes,
        http_client=wire,
        http_cache=http_cache,
        token_cache=NullTokenCache(),
    )


class CodeFlow(identity.web.Auth):
    """One sign-in: it uses a dict of its own instead of Flask's session, and exposes the whole token response."""

    FLOW_KEY = identity.web.Auth._AUTH_FLOW
    SCOPES_KEY = identity.web.Auth._EXPLICITLY_REQUESTED_SCOPES

    def __init__(self, kept: dict[str, Any], client: ConfidentialClientApplication, client_id: str) -> None:
        super().__init__(session=kept, client_id=client_id)
        self._client = client
        self.answer: dict[str, Any] = {}

    def _build_msal_app(self, client_credential: Any = None, cache: Any = None) -> "CodeFlow":
        return self

    def initiate_auth_code_flow(self, scopes: list[str], **options: Any) -> dict[str, Any]:
        flow: dict[str, Any] = self._client.initiate_auth_code_flow(scopes, **options)
        return flow

    def acquire_token_by_auth_code_flow(self, flow: dict[str, Any], response: dict[str, str]) -> dict[str, Any]:
        self.answer = self._client.acquire_token_by_auth_code_flow(flow, response)
        # identity expects claims to store as its user; ours come from the validator, and nothing is stored.
        return {"error": self.answer["error"]} if "error" in self.answer else {"id_token_claims": {}}
