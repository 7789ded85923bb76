"""The application registration that the commands create. Plain values."""

import json
from dataclasses import dataclass
from datetime import date

from app.entra.clouds import NATIONAL, Cloud
from app.entra_apps.certificates import Federation

GRAPH_ID = "00000003-0000-0000-c000-000000000000"
USER_READ_ID = "e1fe6dd8-ba31-4d61-89e7-88639da4683d"
"""Microsoft Graph, and its delegated User.Read; the same in every cloud
(https://learn.microsoft.com/graph/permissions-reference#userread)."""

USER_READ_ALL_ID = "df021288-bdef-4463-88db-98f22de89214"
"""Microsoft Graph's application permission User.Read.All; the same in every cloud
(https://learn.microsoft.com/graph/permissions-reference#userreadall)."""

OPTIONAL_CLAIMS = ("auth_time", "sid", "login_hint", "email")
"""Of the ID token: when the person signed in at Microsoft; the session there, which its front-channel logout repeats;
whom to sign out there; and the address
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
    logout_uri: str | None
    """What Microsoft calls when someone signs out there (front-channel logout); None if it would refuse the URL."""
    credential: str | None
    """The kind of credential to enter; None if none is needed."""
    certificate: str | None
    """PEM."""
    federation: Federation
    secret_expires: date
    reads_users: bool = False
    """Whether it reads changes of users, with the application permission User.Read.All."""

    @property
    def permissions(self) -> tuple[tuple[str, str], ...]:
        """Those of Microsoft Graph: ids and types."""
        delegated = (USER_READ_ID, "Scope")
        return (delegated, (USER_READ_ALL_ID, "Role")) if self.reads_users else (delegated,)

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
