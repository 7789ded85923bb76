"""What a signed token in the compact form may look like."""

import base64
import string

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from app.core import compact_jws
from app.core.compact_jws import InvalidJws, WrongSignature
from app.core.strict_json import InvalidJson

KEY = ec.generate_private_key(ec.SECP256R1())
TOKEN = jwt.encode({"sub": "alice"}, KEY, "ES256", headers={"kid": "one"})
ALPHABET = f"{string.ascii_uppercase}{string.ascii_lowercase}{string.digits}-_"


def test_content_is_what_was_signed() -> None:
    assert compact_jws.header_of(TOKEN) == {"alg": "ES256", "typ": "JWT", "kid": "one"}
    assert compact_jws.verified_content(TOKEN, "ES256", KEY.public_key()) == b'{"sub":"alice"}'


def test_changed_or_foreign_token_is_rejected() -> None:
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    with pytest.raises(WrongSignature):
        compact_jws.verified_content(TOKEN, "ES256", other)
    header, _content, signature = TOKEN.split(".")
    changed = base64.urlsafe_b64encode(b'{"sub":"mallo"}').decode().rstrip("=")
    with pytest.raises(WrongSignature):
        compact_jws.verified_content(f"{header}.{changed}.{signature}", "ES256", KEY.public_key())


def test_algorithm_is_the_keys_and_not_the_tokens() -> None:
    key = rsa.generate_private_key(65537, 2048)
    token = jwt.encode({"sub": "alice"}, key, "RS512")
    with pytest.raises(WrongSignature):
        compact_jws.verified_content(token, "RS256", key.public_key())


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b",
        "a.b.c.d",
        f"{TOKEN}=",
        f"{TOKEN} ",
        TOKEN.replace(".", ".\n", 1),
        # The last of a signature's 86 characters has four unused bits.
        TOKEN[:-1] + ALPHABET[ALPHABET.index(TOKEN[-1]) + 1],
    ],
    ids=["empty", "two parts", "four parts", "padding", "space", "line break", "another encoding of the same bytes"],
)
def test_token_in_another_form_is_rejected(token: str) -> None:
    with pytest.raises(InvalidJws):
        compact_jws.verified_content(token, "ES256", KEY.public_key())


def test_header_that_is_no_object_is_rejected() -> None:
    with pytest.raises(InvalidJson):
        compact_jws.header_of(f"{base64.urlsafe_b64encode(b'[1]').decode().rstrip('=')}.e30.AAAA")
