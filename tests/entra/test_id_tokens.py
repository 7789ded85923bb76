"""The validator: a valid token of each kind, and many invalid ones."""

import json
from typing import Any

import pytest

from app.entra.id_tokens import Claims
from tests.entra import minting
from tests.entra.minting import (
    ASSERTION,
    CLIENT,
    EXPECTED,
    ID_TOKEN,
    ISSUER,
    NOW,
    OID,
    SUBJECT,
    TENANT,
    Kind,
    both_kinds,
    header,
    reason,
    signed,
    token,
    validated,
)


def test_valid_token_gives_its_claims() -> None:
    assert validated(token(login_hint="O.CiQ")) == Claims(
        tid=TENANT,
        oid=OID,
        name="Adaeze Okonkwo",
        preferred_username="adaeze.okonkwo@contoso.example",
        email="adaeze.okonkwo@contoso.example",
        is_guest=False,
        login_hint="O.CiQ",
    )


def test_object_id_is_lowercased() -> None:
    assert validated(token(oid=OID.upper())).oid == OID


@both_kinds
@pytest.mark.parametrize(
    ("alg", "sign"),
    [
        ("none", lambda message: b"-"),
        ("None", minting.rs256),
        ("HS256", minting.hs256_with_the_public_key),
        ("RS512", minting.rs512),
        ("PS256", minting.ps256),
        ("ES256", minting.es256),
        ("rs256", minting.rs256),
        (None, minting.rs256),
        (["RS256"], minting.rs256),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_only_rs256_is_accepted(kind: Kind, alg: Any, sign: Any) -> None:
    assert kind.reason(kind.token(header(alg=alg), sign)) == "algorithm"


@both_kinds
def test_token_without_signature_is_malformed(kind: Kind) -> None:
    assert kind.reason(kind.token(header(alg="none"), lambda message: b"")) == "malformed"


@both_kinds
def test_signature_by_another_key_is_rejected(kind: Kind) -> None:
    assert kind.reason(kind.token(sign=lambda message: minting.rs256(message, minting.OTHER_KEY))) == "signature"


@both_kinds
def test_changed_payload_is_rejected(kind: Kind) -> None:
    head, _, signature = kind.token().split(".")
    payload = minting.encoded(json.dumps(kind.claims(oid="someone-else")).encode())
    assert kind.reason(f"{head}.{payload}.{signature}") == "signature"


@both_kinds
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"kid": "key-2"}, "unknown_key"),
        ({"kid": ""}, "unknown_key"),
        ({"kid": None}, "header"),
        ({"kid": 1}, "header"),
        ({"crit": ["exp"]}, "header"),
        ({"crit": []}, "header"),
        ({"typ": "at+jwt"}, "header"),
        ({"typ": None}, "header"),
        ({"b64": False}, "header"),
    ],
    ids=str,
)
def test_invalid_header_is_rejected(kind: Kind, changes: dict[str, Any], expected: str) -> None:
    assert kind.reason(kind.token(header(**changes))) == expected


@both_kinds
def test_header_without_key_id_is_rejected(kind: Kind) -> None:
    assert kind.reason(kind.token({"typ": "JWT", "alg": "RS256"})) == "header"


@both_kinds
def test_key_embedded_in_header_is_not_used(kind: Kind) -> None:
    head = header(jwk=minting.jwk(minting.OTHER_KEY), jku="https://evil.example/keys", x5u="https://evil.example/")
    assert kind.reason(kind.token(head, lambda message: minting.rs256(message, minting.OTHER_KEY))) == "signature"


@both_kinds
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"iss": ISSUER.replace(TENANT, minting.OTHER_TENANT)}, "issuer"),
        ({"iss": f"https://sts.windows.net/{TENANT}/"}, "issuer"),
        ({"iss": ISSUER + "/"}, "issuer"),
        ({"iss": ISSUER + ".evil.example"}, "issuer"),
        ({"iss": "https://evil.example/" + ISSUER}, "issuer"),
        ({"iss": ISSUER.upper()}, "issuer"),
        ({"iss": ISSUER.replace(TENANT, "{tenantid}")}, "issuer"),
        ({"iss": [ISSUER]}, "issuer"),
        ({"iss": None}, "issuer"),
        ({"ver": "1.0"}, "version"),
        ({"ver": 2.0}, "version"),
        ({"aud": minting.OTHER_TENANT}, "audience"),
        ({"aud": [minting.CLIENT]}, "audience"),
        ({"aud": [minting.CLIENT, minting.OTHER_TENANT]}, "audience"),
        ({"aud": minting.CLIENT + " "}, "audience"),
        ({"aud": None}, "audience"),
        ({"tid": minting.OTHER_TENANT}, "tenant"),
        ({"tid": "9188040d-6c67-4c5b-b112-36a304b66dad"}, "tenant"),
        ({"tid": ""}, "tenant"),
        ({"tid": 1}, "tenant"),
        ({"tid": [TENANT]}, "tenant"),
        ({"sub": ""}, "subject"),
        ({"sub": 7}, "subject"),
    ],
    ids=str,
)
def test_token_for_another_party_or_purpose_is_rejected(kind: Kind, changes: dict[str, Any], expected: str) -> None:
    assert kind.reason(kind.token(**changes)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"aud": f"api://{minting.CLIENT}"}, "audience"),
        ({"azp": minting.OTHER_TENANT}, "audience"),
        ({"nonce": "another transaction's nonce"}, "nonce"),
        ({"nonce": ""}, "nonce"),
        ({"nonce": [EXPECTED.nonce]}, "nonce"),
        ({"nonce": f"{EXPECTED.nonce}" + "é"}, "nonce"),
        ({"nonce": "\ud800"}, "nonce"),
        ({"oid": ""}, "object_id"),
        ({"oid": 7}, "object_id"),
        ({"oid": {"a": 1}}, "object_id"),
        ({"oid": "x" * 65}, "object_id"),
        ({"oid": "a b"}, "object_id"),
        ({"oid": OID + "\n"}, "object_id"),
        ({"oid": "\ud800"}, "object_id"),
    ],
    ids=str,
)
def test_id_token_for_another_transaction_or_without_a_person_is_rejected(
    changes: dict[str, Any], expected: str
) -> None:
    assert reason(token(**changes)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"aud": f"api://{minting.OTHER_TENANT}"}, "audience"),
        ({"aud": f"api://{minting.CLIENT}/"}, "audience"),
        ({"aud": f"API://{minting.CLIENT}"}, "audience"),
        # Of Entra's own token without workload identity, the same for every customer's application.
        ({"aud": "8adf8e6e-67b2-4cf2-a259-e3dc5476c621"}, "audience"),
        ({"sub": OID}, "subject"),
        ({"sub": SUBJECT.replace("d", "D")}, "subject"),
        ({"sub": SUBJECT + " "}, "subject"),
        ({"sub": [SUBJECT]}, "subject"),
        ({"appid": minting.OTHER_TENANT}, "application"),
        ({"appid": None}, "application"),
        ({"scp": "user_impersonation"}, "person"),
        ({"scp": ""}, "person"),
        ({"idtyp": "user"}, "person"),
        ({"exp": NOW + 25 * 3600}, "lifetime"),
        ({"exp": 1e300}, "lifetime"),
    ],
    ids=str,
)
def test_assertion_of_another_workload_is_rejected(changes: dict[str, Any], expected: str) -> None:
    assert ASSERTION.reason(ASSERTION.token(**changes)) == expected


@pytest.mark.parametrize("audience", [CLIENT, f"api://{CLIENT}", f"api://{CLIENT}/.default"])
def test_assertion_names_its_application_in_three_ways(audience: str) -> None:
    ASSERTION.validate(ASSERTION.token(aud=audience), NOW)


@pytest.mark.parametrize("name", ["ver", "nbf", "appid", "oid"])
def test_optional_claims_of_an_assertion_may_be_missing(name: str) -> None:
    ASSERTION.validate(ASSERTION.token_without(name), NOW)


def test_one_kind_is_never_taken_for_the_other() -> None:
    assert ID_TOKEN.reason(ASSERTION.token()) == "audience"
    assert ID_TOKEN.reason(ASSERTION.token(aud=CLIENT)) == "nonce_missing"
    assert ASSERTION.reason(ID_TOKEN.token()) == "subject"


def test_identity_of_an_assertion_is_its_uti_its_jti_or_what_is_signed() -> None:
    def identity(text: str) -> str:
        return str(ASSERTION.validate(text, NOW).identity)

    assert identity(ASSERTION.token(iat=NOW - 1)) == identity(ASSERTION.token(iat=NOW - 2))
    assert identity(ASSERTION.token(uti="another")) != identity(ASSERTION.token())
    assert identity(ASSERTION.token(uti=None, jti="one")) == "jti one"
    plain = ASSERTION.token_without("uti")
    assert identity(plain) == identity(plain) != identity(ASSERTION.token(uti=None, iat=NOW - 3))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("iss", "issuer"),
        ("aud", "audience"),
        ("tid", "tenant"),
        ("oid", "object_id_missing"),
        ("sub", "subject_missing"),
        ("nonce", "nonce_missing"),
        ("exp", "exp_missing"),
        ("iat", "iat_missing"),
    ],
)
def test_missing_claim_is_named(name: str, expected: str) -> None:
    assert reason(minting.token_without(name)) == expected
    if name not in ("oid", "nonce"):
        assert ASSERTION.reason(ASSERTION.token_without(name)) == expected


@pytest.mark.parametrize("name", ["ver", "azp", "nbf", "name", "email", "preferred_username"])
def test_optional_claims_may_be_missing(name: str) -> None:
    assert validated(minting.token_without(name)).oid == OID


@both_kinds
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"exp": NOW}, "expired"),
        ({"exp": NOW - 1}, "expired"),
        ({"exp": 0}, "expired"),
        ({"exp": -1}, "expired"),
        ({"iat": NOW + 121}, "issued_in_future"),
        ({"iat": NOW + 60, "exp": NOW + 30}, "issued_in_future"),
        ({"nbf": NOW + 121}, "not_yet_valid"),
        ({"exp": str(int(NOW) + 3600)}, "malformed"),
        ({"exp": True}, "malformed"),
        ({"exp": [NOW + 3600]}, "malformed"),
        ({"exp": None}, "exp_missing"),
        ({"iat": "now"}, "malformed"),
        ({"nbf": {}}, "malformed"),
        ({"nbf": None}, "nbf_missing"),
    ],
    ids=str,
)
def test_token_outside_its_validity_period_is_rejected(kind: Kind, changes: dict[str, Any], expected: str) -> None:
    assert kind.reason(kind.token(**changes)) == expected


@both_kinds
@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 5000], ids=lambda n: n[:9])
@pytest.mark.parametrize("claim", ["exp", "iat", "nbf"])
def test_non_numeric_time_is_rejected(kind: Kind, claim: str, number: str) -> None:
    payload = json.dumps(kind.claims(**{claim: "number"})).replace('"number"', number)
    assert kind.reason(signed(json.dumps(header()).encode(), payload.encode())) == "malformed"


@both_kinds
def test_two_minutes_of_clock_skew_are_allowed(kind: Kind) -> None:
    kind.validate(kind.token(iat=NOW + 120, nbf=NOW + 120), NOW)


@both_kinds
def test_fractional_times_are_accepted(kind: Kind) -> None:
    kind.validate(kind.token(exp=NOW + 0.5), NOW)


@pytest.mark.parametrize(
    ("changes", "guest"),
    [
        ({}, False),
        ({"acct": 0}, False),
        ({"acct": 1}, True),
        ({"acct": "1"}, True),
        ({"preferred_username": "pat_partner.example#EXT#@contoso.onmicrosoft.com"}, True),
        ({"preferred_username": "pat_partner.example#ext#@contoso.onmicrosoft.com"}, True),
    ],
    ids=str,
)
def test_guests_are_distinguished_from_members(changes: dict[str, Any], guest: bool) -> None:
    assert validated(token(**changes)).is_guest is guest


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (None, None),
        ("", None),
        ("  ", None),
        (7, None),
        ({"a": 1}, None),
        ("x" * 600, "x" * 512),
        ("\ud800", None),
        ("Ada\x00eze\r\n \ud800Okonkwo", "Adaeze Okonkwo"),
        ("نور‌الدین", "نور‌الدین"),
    ],
    ids=ascii,
)
def test_name_is_sanitized(name: Any, shown: str | None) -> None:
    assert validated(token(name=name)).name == shown
