"""The application registration that the commands create. Plain values."""

import json
from dataclasses import dataclass
from datetime import date

from app.entra import NATIONAL, Cloud
from app.entra_apps.certificates import Federation

GRAPH_ID = "00000003-0000-0000-c000-000000000000"
USER_READ_ID = "e1fe6dd8-ba31-4d61-89e7-88639da4683d"
"""Microsoft Graph, and its delegated User.Read; the same in every cloud
(https://learn.microsoft.com/graph/permissions-reference#userread)."""

AUTH_TIME = "auth_time"
"""The optional claim of the ID token that says when the person signed in at Microsoft
(https://learn.microsoft.com/entra/identity-platform/optional-claims-reference)."""


@dataclass(frozen=True)
class CloudNames:
    """How the tools name a cloud other than the public one."""

    azure_cli: str
    graph_powershell: str
    terraform: str


CLOUD_NAMES = {
    NATIONAL["usgov"].authority: CloudNames("AzureUSGovernment", "USGov", "usgovernment"),
    NATIONAL["china"].authority: CloudNames("AzureChinaCloud", "China", "china"),
}


@dataclass(frozen=True)
class AppRegistrationSpec:
    """The registration that an application needs. Ids that are not known yet are empty."""

    tenant: str
    client_id: str
    name: str
    web: tuple[str, ...]
    """Redirect URIs of the platform Web."""
    single_page: tuple[str, ...]
    """Redirect URIs of the platform Single-page application."""
    sign_out_uri: str
    """Where Microsoft returns after a sign-out: one of the redirect URIs, since it returns to no other."""
    credential: str | None
    """The kind of credential to enter; None if none is needed."""
    certificate: str | None
    """PEM."""
    federation: Federation
    secret_expires: date

    @property
    def federated_name(self) -> str:
        return f"portico-{self.federation.subject}"


def names_of(cloud: Cloud) -> CloudNames | None:
    return CLOUD_NAMES.get(cloud.authority)


def compact(value: object) -> str:
    """JSON on one line."""
    return json.dumps(value, separators=(",", ":"))


def der(certificate: str) -> str:
    """A certificate's DER content in base64, from PEM."""
    return "".join(line for line in certificate.splitlines() if not line.startswith("-"))
