"""Passkeys (WebAuthn level 2): options for the browser, and verification of its response.

The library is imported by the functions that use it: it needs four others (CBOR, ASN.1, pyOpenSSL), and few requests
use a passkey.
"""

import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from app.people.two_step.models import Passkey


@dataclass(frozen=True)
class Made:
    """A newly created passkey."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


@dataclass(frozen=True)
class Used:
    """A passkey that signed a challenge."""

    passkey: Passkey
    sign_count: int
    is_device_bound: bool
    """It can't be copied to another device; a synced one can."""


def new_challenge() -> bytes:
    return secrets.token_bytes(32)


def creation_options(base_url: str, person_id: bytes, account: str, known: list[Passkey], challenge: bytes) -> str:
    """JSON for `navigator.credentials.create`."""
    import webauthn
    from webauthn.helpers import structs

    return webauthn.options_to_json(
        webauthn.generate_registration_options(
            rp_id=_host(base_url),
            rp_name="Portico",
            user_id=person_id,
            user_name=account,
            challenge=challenge,
            exclude_credentials=[structs.PublicKeyCredentialDescriptor(id=one.credential_id) for one in known],
            authenticator_selection=structs.AuthenticatorSelectionCriteria(
                resident_key=structs.ResidentKeyRequirement.DISCOURAGED,
                user_verification=structs.UserVerificationRequirement.PREFERRED,
            ),
        )
    )


def request_options(base_url: str, known: list[Passkey], challenge: bytes) -> str:
    """JSON for `navigator.credentials.get`."""
    import webauthn
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

    return webauthn.options_to_json(
        webauthn.generate_authentication_options(
            rp_id=_host(base_url),
            challenge=challenge,
            allow_credentials=[PublicKeyCredentialDescriptor(id=one.credential_id) for one in known],
        )
    )


def made(base_url: str, answer: dict[str, Any], challenge: bytes) -> Made | None:
    """The passkey that a browser created for this challenge; None if the response is invalid."""
    import webauthn
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        proven = webauthn.verify_registration_response(
            credential=answer, expected_challenge=challenge, expected_rp_id=_host(base_url), expected_origin=base_url
        )
    except (WebAuthnException, ValueError):
        return None
    return Made(proven.credential_id, proven.credential_public_key, proven.sign_count)


def used(base_url: str, answer: dict[str, Any], challenge: bytes, known: list[Passkey]) -> Used | None:
    """Which of the known passkeys signed this challenge; None if none did."""
    import webauthn
    from webauthn.helpers.exceptions import WebAuthnException
    from webauthn.helpers.structs import CredentialDeviceType

    for passkey in known:
        try:
            proven = webauthn.verify_authentication_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=_host(base_url),
                expected_origin=base_url,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
            )
        except (WebAuthnException, ValueError):
            continue
        if proven.credential_id == passkey.credential_id:
            return Used(
                passkey,
                proven.new_sign_count,
                proven.credential_device_type == CredentialDeviceType.SINGLE_DEVICE,
            )
    return None


def _host(base_url: str) -> str:
    return urlsplit(base_url).hostname or ""
