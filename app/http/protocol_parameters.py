"""The parameters of a protocol's request, as machines and other sites send them."""

import base64
import binascii
from urllib.parse import unquote_plus

from flask import request

FORM = "application/x-www-form-urlencoded"


class RepeatedParameter(Exception):
    """A parameter that occurs more than once, which OAuth forbids (RFC 6749, section 3.1)."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def parameters() -> dict[str, str]:
    """Those of the query of a GET, or of the form in the body of a POST. An empty one counts as missing.

    Raises RepeatedParameter.
    """
    given = request.form if request.method == "POST" else request.args
    for name, values in given.lists():
        if len(values) > 1:
            raise RepeatedParameter(name[:40])
    return {name: value for name, value in given.items() if value}


class InvalidBasic(Exception):
    """An Authorization header that is not HTTP Basic although it says so."""


def basic_credentials() -> tuple[str, str] | None:
    """The client id and secret of the Authorization header; None if it has none of the scheme Basic.

    Raises InvalidBasic.
    """
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, colon, secret = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise InvalidBasic from None
    if not colon:
        raise InvalidBasic
    # Both are form-encoded (RFC 6749, section 2.3.1).
    return unquote_plus(client_id), unquote_plus(secret)


def is_form() -> bool:
    """Whether the body is of the type that OAuth's endpoints read."""
    return request.mimetype == FORM
