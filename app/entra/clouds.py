"""Microsoft's clouds: the endpoints of Entra ID and Graph.

https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class BrowserEndpoints:
    """What MSAL.js needs to know of a tenant, in the layout that Entra ID has in every cloud."""

    authority: str
    metadata: dict[str, str]


PUBLIC_GRAPH = "https://graph.microsoft.com"
"""The resource that Entra ID assumes for a scope without one."""
EXCHANGE_AUDIENCES = {
    "https://login.microsoftonline.us": "api://AzureADTokenExchangeUSGov",
    "https://login.partner.microsoftonline.cn": "api://AzureADTokenExchangeChina",
}
"""https://learn.microsoft.com/entra/workload-id/workload-identity-federation-create-trust"""


@dataclass(frozen=True)
class Cloud:
    """Two origins and what is derived from them."""

    authority: str
    graph: str
    plain_loopback: bool = False
    """The authority is reached over plain HTTP on loopback: only for the sandbox directory."""

    @property
    def user_read(self) -> str:
        """The only scope that is requested. Outside the public cloud it names its resource, since otherwise it would be
        taken for the public Graph's.
        """
        is_understood = self.graph == PUBLIC_GRAPH or self.plain_loopback
        return "User.Read" if is_understood else f"{self.graph}/User.Read"

    @property
    def graph_resource(self) -> str:
        """What tokens for Graph are requested for: the sandbox calls its own as Microsoft calls the public one."""
        return PUBLIC_GRAPH if self.plain_loopback else self.graph

    @property
    def exchange_audience(self) -> str:
        """The audience of a federated credential's assertion."""
        return EXCHANGE_AUDIENCES.get(self.authority, "api://AzureADTokenExchange")

    @property
    def origins(self) -> frozenset[str]:
        """The only origins that requests may go to: scheme, host and port."""
        return frozenset((self.authority, self.graph))

    @property
    def browser_origin(self) -> str:
        """The origin at which browsers reach the authority."""
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

    MSAL accepts only https URLs, so the authority has one; the requests use plain HTTP and stay on loopback.
    """
    return Cloud(f"https://localhost:{port}", f"http://localhost:{port}", plain_loopback=True)
