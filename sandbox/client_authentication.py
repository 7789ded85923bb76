"""Client authentication at the token endpoint: secret, certificate, or federated credential.

https://learn.microsoft.com/entra/identity-platform/certificate-credentials and
https://learn.microsoft.com/entra/workload-id/workload-identity-federation.
"""

import base64
import binascii
import hashlib
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from flask import request

from sandbox.aadsts import Refused
from sandbox.journal import note
from sandbox.keys import base64url
from sandbox.model import Application, Tenant
from sandbox.state import sandbox

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MAX_LIFETIME = 600  # of an assertion, in seconds
SKEW = 300


def client_credentials() -> tuple[str, str | None]:
    """Client ID and secret, from HTTP Basic or the form."""
    header = request.headers.get("Authorization", "")
    if header.lower().startswith("basic "):
        try:
            client_id, _, secret = base64.b64decode(header[6:], validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise Refused(9002313) from None
        return unquote_plus(client_id), unquote_plus(secret)
    return request.form.get("client_id", ""), request.form.get("client_secret")


def authenticate(tenant: Tenant, application: Application, secret: str | None, *, public: bool) -> None:
    """Raises Refused unless the application authenticated, or `public` says that it must not."""
    assertion = request.form.get("client_assertion")
    if public:
        note(client_auth="none")
        if secret or assertion:
            raise Refused(700025)
        return
    if assertion:
        if request.form.get("client_assertion_type") != JWT_BEARER:
            raise Refused(900144, parameter="client_assertion_type")
        _check_assertion(tenant, application, assertion)
    elif secret:
        note(client_auth="secret")
        _check_secret(application, secret)
    else:
        note(client_auth="none")
        raise Refused(7000218)


def _check_secret(application: Application, sent: str) -> None:
    for secret in application.secrets:
        if secret.value == sent:
            if secret.expired(datetime.now(UTC)):
                raise Refused(7000222)
            return
    raise Refused(7000215)


def _check_assertion(tenant: Tenant, application: Application, assertion: str) -> None:
    try:
        header = jwt.get_unverified_header(assertion)
        claims = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.PyJWTError:
        raise Refused(700027, reason="The client assertion is malformed.") from None
    if claims.get("iss") == application.client_id:
        note(client_auth="certificate")
        _check_certificate(tenant, application, assertion, header)
    else:
        note(client_auth="federated")
        _check_federated(application, assertion, claims)


def _check_certificate(tenant: Tenant, application: Application, assertion: str, header: dict[str, Any]) -> None:
    certificate = _certificate(application, header)
    endpoints = _audiences(tenant)
    try:
        claims = jwt.decode(
            assertion,
            certificate.public_key(),  # type: ignore[arg-type]
            algorithms=["RS256", "PS256"],
            audience=endpoints,
            issuer=application.client_id,
            leeway=SKEW,
            options={"require": ["exp", "jti", "sub", "aud", "iss"]},
        )
    except jwt.PyJWTError as error:
        raise Refused(700027, reason=str(error)) from None
    if claims["sub"] != application.client_id:
        raise Refused(700027, reason="The subject is not the client ID.")
    if claims["exp"] > time.time() + MAX_LIFETIME + SKEW:
        raise Refused(700027, reason="The assertion's lifetime is too long.")
    # The same assertion may be sent again during its lifetime: MSAL Python creates a new one only when the old one has
    # expired.


def _certificate(application: Application, header: dict[str, Any]) -> x509.Certificate:
    for pem in application.certificates:
        certificate = x509.load_pem_x509_certificate(pem.encode())
        der = certificate.public_bytes(Encoding.DER)
        thumbprints = {
            "x5t": base64url(hashlib.sha1(der, usedforsecurity=False).digest()),
            "x5t#S256": base64url(hashlib.sha256(der).digest()),
        }
        # MSAL Python doesn't strip base64's padding.
        if any(str(header.get(name)).rstrip("=") == thumbprint for name, thumbprint in thumbprints.items()):
            return certificate
    raise Refused(700027, reason="The key was not found.")


def _audiences(tenant: Tenant) -> list[str]:
    """The token endpoint in each notation, and the issuer."""
    addresses = sandbox().addresses
    names = (tenant.tid, *tenant.domains)
    endpoints = [addresses.token_endpoint(name) for name in names] + [addresses.issuer(tenant.tid)]
    return endpoints + [address.replace(addresses.server, addresses.browser) for address in endpoints]


def _check_federated(application: Application, assertion: str, claims: dict[str, Any]) -> None:
    for credential in application.federated:
        if (claims.get("iss"), claims.get("sub")) != (credential.issuer, credential.subject):
            continue
        try:
            kid = jwt.get_unverified_header(assertion).get("kid")
            keys = jwt.PyJWKSet.from_dict(credential.jwks).keys
            key = next(key for key in keys if kid is None or key.key_id == kid)
            jwt.decode(assertion, key, algorithms=["RS256", "ES256"], audience=credential.audience, leeway=SKEW)
        except (jwt.PyJWTError, StopIteration) as error:
            raise Refused(700027, reason=str(error) or "The key was not found.") from None
        return
    facts = {name: str(claims.get(name)) for name in ("iss", "sub", "aud")}
    raise Refused(70021, issuer=facts["iss"], subject=facts["sub"], audience=facts["aud"])
