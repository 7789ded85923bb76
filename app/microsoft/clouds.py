"""Microsoft's clouds: where Entra ID and Graph stand.

https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class BrowserEndpoints:
    """What MSAL.js needs to know of a tenant, in the layout that Entra ID has in every cloud."""

    authority: str
    metadata: dict[str, str]


@dataclass(frozen=True)
class Cloud:
    """Two origins, and the one permission asked for, as this cloud wants it named."""

    authority: str
    graph: str
    user_read: str = "User.Read"
    exchange_audience: str = "api://AzureADTokenExchange"
    """What a federated credential's assertion is for
    (https://learn.microsoft.com/entra/workload-id/workload-identity-federation-create-trust)."""
    plain_loopback: bool = False
    """The authority is reached over plain HTTP on loopback: the sandbox directory alone."""

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
    "public": Cloud("https://login.microsoftonline.com", "https://graph.microsoft.com"),
    # Outside the public cloud a permission without its resource would be taken for one of the public Graph.
    "usgov": Cloud(
        "https://login.microsoftonline.us",
        "https://graph.microsoft.us",
        "https://graph.microsoft.us/User.Read",
        "api://AzureADTokenExchangeUSGov",
    ),
    "china": Cloud(
        "https://login.partner.microsoftonline.cn",
        "https://microsoftgraph.chinacloudapi.cn",
        "https://microsoftgraph.chinacloudapi.cn/User.Read",
        "api://AzureADTokenExchangeChina",
    ),
}


def sandbox_cloud(port: int) -> Cloud:
    """The sandbox directory on this machine.

    MSAL takes https addresses only, so the authority is named so; the requests go over plain HTTP and stay on loopback.
    """
    return Cloud(f"https://localhost:{port}", f"http://localhost:{port}", plain_loopback=True)
