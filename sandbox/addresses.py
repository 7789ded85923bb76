"""The sandbox's own URLs: the one place that decides between http and https."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Addresses:
    """The origins that the sandbox writes into its documents.

    `browser` is where people's browsers go; `server` is where an application's own HTTP client goes, and the prefix of
    issuers. MSAL Python accepts only https authorities, while a browser would warn about a self-signed certificate: so
    without a certificate the two differ in their scheme, and an application sends requests for `server` over plain http
    to loopback.
    """

    browser: str
    server: str

    @classmethod
    def of(cls, origin: str) -> "Addresses":
        """The addresses of a sandbox that listens at `origin`, e.g. `http://localhost:8001`."""
        origin = origin.rstrip("/")
        return cls(browser=origin, server="https://" + origin.partition("://")[2])

    @property
    def authority(self) -> str:
        """Host and port, e.g. `localhost:8001`."""
        return self.server.removeprefix("https://")

    def issuer(self, tid: str) -> str:
        """The `iss` of the tenant's ID tokens; `tid` is its GUID, or the literal `{tenantid}`."""
        return f"{self.server}/{tid}/v2.0"

    def token_endpoint(self, tenant: str) -> str:
        """The token endpoint. `tenant` is a GUID, a verified domain, `common` or `organizations`."""
        return f"{self.server}/{tenant}/oauth2/v2.0/token"

    def keys(self, tenant: str) -> str:
        """The tenant's JSON Web Key Set."""
        return f"{self.server}/{tenant}/discovery/v2.0/keys"

    def authorization_endpoint(self, tenant: str) -> str:
        """The authorization endpoint."""
        return f"{self.browser}/{tenant}/oauth2/v2.0/authorize"

    def end_session_endpoint(self, tenant: str) -> str:
        """The end-session endpoint."""
        return f"{self.browser}/{tenant}/oauth2/v2.0/logout"
