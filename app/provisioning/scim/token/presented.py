"""What a request to the token endpoint presents (RFC 6749, sections 2.3 and 4.4; RFC 7523, section 2.2)."""

from dataclasses import dataclass, field

from app.applications.provider.client_authentication import ASSERTION_TYPE
from app.applications.provider.endpoint import form_parameters
from app.applications.provider.errors import ProtocolError, UnauthorizedClient
from app.http.protocol_parameters import InvalidBasic, basic_credentials
from app.provisioning.scim.models import Method

GRANT_TYPE, SCOPE = "client_credentials", "scim"


@dataclass(frozen=True)
class Presented:
    method: Method
    proof: str = field(repr=False)
    """The client secret or the assertion."""


def presented(public_id: str) -> Presented:
    """What proves that the client at this address is who it says.

    Microsoft's admins choose whether the secret is sent in the header, in the body, or in both, then equal:
    https://learn.microsoft.com/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups#getting-started

    Raises ProtocolError.
    """
    given = form_parameters()
    _check_request(given)
    header = _header()
    client_ids = {name for name in (given.get("client_id"), header and header[0]) if name is not None}
    secrets = {secret for secret in (given.get("client_secret"), header and header[1]) if secret is not None}
    if len(client_ids) > 1 or len(secrets) > 1:
        raise ProtocolError("invalid_request", "The Authorization header and the body differ")
    assertion = _assertion(given)
    if assertion and secrets:
        raise ProtocolError("invalid_request", "Send a client secret or client_assertion, not both")
    if not assertion and not (client_ids and secrets):
        raise UnauthorizedClient("Add client_id with client_secret, or client_assertion")
    if not client_ids <= {public_id}:
        raise UnauthorizedClient("client_id belongs to another token endpoint")
    if assertion:
        return Presented(Method.FEDERATION, assertion)
    return Presented(Method.SECRET, secrets.pop())


def _check_request(given: dict[str, str]) -> None:
    if "grant_type" not in given:
        raise ProtocolError("invalid_request", f"Add grant_type={GRANT_TYPE}")
    if given["grant_type"] != GRANT_TYPE:
        raise ProtocolError("unsupported_grant_type", f"Use grant_type={GRANT_TYPE}")
    if given.get("scope", SCOPE) != SCOPE:
        raise ProtocolError("invalid_scope", f"Use scope={SCOPE}, or none")


def _header() -> tuple[str, str] | None:
    try:
        return basic_credentials()
    except InvalidBasic:
        raise UnauthorizedClient("The Authorization header is not HTTP Basic") from None


def _assertion(given: dict[str, str]) -> str | None:
    if "client_assertion" not in given:
        return None
    if given.get("client_assertion_type") != ASSERTION_TYPE:
        raise ProtocolError("invalid_request", f"Use client_assertion_type={ASSERTION_TYPE}")
    return given["client_assertion"]
