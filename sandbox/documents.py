"""Converts JSON documents to the directory's values, for the seed file and the control API."""

import base64
import binascii
import uuid
from collections.abc import Callable
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any, TypeVar, get_args

from cryptography import x509

from sandbox.model import (
    DRAWN,
    Application,
    AppRole,
    Consent,
    Federated,
    Group,
    GroupClaims,
    Person,
    Platform,
    Secret,
    Tenant,
)

Document = dict[str, Any]
T = TypeVar("T")


class Unreadable(ValueError):
    """A document with values that the directory cannot hold; the text names the place."""


class Malformed(ValueError):
    """The request body is not JSON."""


def guid(text: str, what: str = "id") -> str:
    """`text` as a lower-case GUID; raises Unreadable."""
    try:
        return str(uuid.UUID(text))
    except (ValueError, AttributeError, TypeError):
        raise Unreadable(f"{what}: {text!r} is not a GUID") from None


def _secret(document: Document) -> Secret:
    secret = Secret(**document)
    if secret.expires:
        datetime.fromisoformat(secret.expires)
    return secret


def _certificate(pem: str) -> str:
    x509.load_pem_x509_certificate(pem.encode())
    return pem


def _redirect_uris(document: Document) -> dict[str, tuple[str, ...]]:
    unknown = set(document) - set(get_args(Platform))
    if unknown:
        raise ValueError(f"no such platform: {', '.join(sorted(unknown))}")
    return {platform: tuple(uris) for platform, uris in document.items()}


def _consent(value: str) -> str:
    if value not in get_args(Consent):
        raise ValueError(f"one of {', '.join(get_args(Consent))}")
    return value


def _group_claims(value: str) -> str:
    if value not in get_args(GroupClaims):
        raise ValueError(f"one of {', '.join(get_args(GroupClaims))}")
    return value


def _app_role(document: Document) -> AppRole:
    return AppRole(**{**document, "members": tuple(guid(member) for member in document.get("members", ()))})


def _photo(value: str | None) -> str | None:
    if value is not None and value != DRAWN:
        try:
            base64.b64decode(value, validate=True)
        except binascii.Error as error:
            raise ValueError(f'null, "{DRAWN}" or base64: {error}') from None
    return value


def _many(read: Callable[[Any], Any]) -> Callable[[Any], tuple]:
    return lambda values: tuple(read(value) for value in values)


READERS: dict[type, dict[str, Callable[[Any], Any]]] = {
    Person: {"photo": _photo},
    Group: {"members": _many(guid), "groups": _many(guid)},
    Tenant: {"domains": _many(str.lower)},
    Application: {
        "redirect_uris": _redirect_uris,
        "secrets": _many(_secret),
        "certificates": _many(_certificate),
        "federated": _many(lambda document: Federated(**document)),
        "assigned": _many(guid),
        "app_roles": _many(_app_role),
        "group_membership_claims": _group_claims,
        "app_permissions": tuple,
        "optional_claims": tuple,
        "consent": _consent,
    },
}


def merged(existing: Application, document: Document) -> Document:
    """The document, with its lists appended to those of `existing`.

    Raises Unreadable.
    """
    wanted = read(Application, document, existing)
    result = dict(document)
    if "redirect_uris" in document:
        platforms = {**existing.redirect_uris, **wanted.redirect_uris}
        result["redirect_uris"] = {
            name: _union(existing.redirect_uris.get(name, ()), wanted.redirect_uris.get(name, ())) for name in platforms
        }
    for name in ("certificates", "assigned", "app_permissions", "optional_claims"):
        if name in document:
            result[name] = _union(getattr(existing, name), getattr(wanted, name))
    for name in ("secrets", "federated"):
        if name in document:
            result[name] = [asdict(one) for one in _union(getattr(existing, name), getattr(wanted, name))]
    return result


def _union(before: tuple[Any, ...], more: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*before, *(one for one in more if one not in before))


def read(kind: type[T], document: Document, existing: T | None = None, **identity: str) -> T:
    """A value of `kind` from a document; missing fields keep the value of `existing`, or their default.

    Raises Unreadable for unknown fields, missing ones and values of the wrong type.
    """
    allowed = {field.name for field in fields(kind)} - set(identity)  # type: ignore[arg-type]
    unknown = sorted(set(document) - allowed)
    if unknown:
        raise Unreadable(f"unknown: {', '.join(unknown)}; known: {', '.join(sorted(allowed))}")
    values: Document = {}
    for name, value in document.items():
        try:
            values[name] = READERS[kind].get(name, lambda value: value)(value)
        except (ValueError, TypeError, AttributeError) as error:
            raise Unreadable(f"{name}: {error}") from None
    try:
        return replace(existing, **values) if existing else kind(**identity, **values)  # type: ignore[type-var]
    except TypeError as error:
        raise Unreadable(str(error).partition("() ")[2]) from None
