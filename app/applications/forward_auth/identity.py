"""What an application behind a proxy learns about a person: one header for each claim, and all of them signed."""

import secrets
from typing import Any
from urllib.parse import quote

from app.applications.grants.queries import GrantState
from app.applications.provider import claims
from app.applications.provider.tokens import issuer
from app.applications.signing_keys.key_ring import key_ring
from app.applications.signing_keys.rotation import ES256
from app.core.database import now

CLAIMS = (
    *("sub", "name", "email", "email_verified", "picture", "title", "org_id", "org_code", "org_name", "org_role"),
    *("roles", "external_id", "auth_time", "amr", "sid"),
)
TOKEN_HEADER = "X-Portico-Token"  # noqa: S105 - a name
TOKEN_TYPE = "portico-forward-auth+jwt"  # noqa: S105 - a name
TOKEN_SECONDS = 60
SCOPE = "openid profile email"
SEPARATORS = {"roles": ",", "amr": " "}
READABLE = "@:/"
"""What a header's value may contain beside letters, digits and - . _ ~ without percent-encoding."""


def header_name(claim: str) -> str:
    return f"X-Portico-{claim.replace('_', '-').title()}"


HEADERS = (*(header_name(claim) for claim in CLAIMS), TOKEN_HEADER)


def headers_of(grant: GrantState) -> dict[str, str]:
    """Every header, also those without a value: some proxies pass a visitor's own header on where ours is missing."""
    known = claims.claims_of(grant, "userinfo", issuer())
    token = key_ring().sign(_payload(grant, known), ES256, TOKEN_TYPE)
    values = {header_name(claim): header_value(known.get(claim), SEPARATORS.get(claim, ",")) for claim in CLAIMS}
    return {**values, TOKEN_HEADER: token}


def empty_headers() -> dict[str, str]:
    """The same for a response about no one."""
    return dict.fromkeys(HEADERS, "")


def header_value(value: Any, separator: str = ",") -> str:
    """Percent-encoded UTF-8; the values of a list are encoded one by one."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return separator.join(quote(str(one), safe=READABLE) for one in value)
    return quote(str(value), safe=READABLE)


def _payload(grant: GrantState, known: dict[str, Any]) -> dict[str, Any]:
    moment = int(now().timestamp())
    return {
        **known,
        "iss": issuer(),
        "aud": grant.client_id,
        "iat": moment,
        "exp": moment + TOKEN_SECONDS,
        "jti": secrets.token_urlsafe(16),
    }
