"""Microsoft's clouds: where Entra ID and Graph stand.

https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class BrowserEndpoints:
    """What MSAL.js needs to know of a tenant, in the layout that Entra ID has in every cloud."""

    authority: str
    metadata: dict[str, str]


PUBLIC_GRAPH = "https://graph.microsoft.com"
"""Where Entra ID sends a permission that is asked for without its resource."""
EXCHANGE_AUDIENCES = {
    "https://login.microsoftonline.us": "api://AzureADTokenExchangeUSGov",
    "https://login.partner.microsoftonline.cn": "api://AzureADTokenExchangeChina",
}
"""https://learn.microsoft.com/entra/workload-id/workload-identity-federation-create-trust"""


@dataclass(frozen=True)
class Cloud:
    """Two origins, and what follows from them."""

    authority: str
    graph: str
    plain_loopback: bool = False
    """The authority is reached over plain HTTP on loopback: the sandbox directory alone."""

    @property
    def user_read(self) -> str:
        """The one permission that is asked for. Outside the public cloud it names its resource, or it would be taken
        for the public Graph's."""
        is_understood = self.graph == PUBLIC_GRAPH or self.plain_loopback
        return "User.Read" if is_understood else f"{self.graph}/User.Read"

    @property
    def exchange_audience(self) -> str:
        """Whom a federated credential's assertion is for."""
        return EXCHANGE_AUDIENCES.get(self.authority, "api://AzureADTokenExchange")

    @property
    def origins(self) -> frozenset[str]:
        """The only places that requests may go to: scheme, host and port."""
        return frozenset((self.authority, self.graph))

    @property
    def browser_origin(self) -> str:
        """Where browsers reach the authority."""
        return self.authority.replace("https:", "http:", 1) if self.plain_loopback else self.authority

    def browser_endpoints(self, tenant: str) -> BrowserEndpoints:
        base = f"{self.browser_origin}/{tenant}"
        metadata = {
            "issuer": f"{self.authority}/{tenant}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
            "jwks_uri": f"{base}/discovery/v2.0/keys",
        }
        return BrowserEndpoints(f"{self.authority}/{tenant}", metadata)


NATIONAL = {
    "public": Cloud("https://login.microsoftonline.com", PUBLIC_GRAPH),
    "usgov": Cloud("https://login.microsoftonline.us", "https://graph.microsoft.us"),
    "china": Cloud("https://login.partner.microsoftonline.cn", "https://microsoftgraph.chinacloudapi.cn"),
}


def sandbox_cloud(port: int) -> Cloud:
    """The sandbox directory on this machine.

    MSAL takes https addresses only, so the authority is named so; the requests go over plain HTTP and stay on loopback.
    """
    return Cloud(f"https://localhost:{port}", f"http://localhost:{port}", plain_loopback=True)
