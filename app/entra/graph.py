"""A person's profile and photo from Microsoft Graph, in one round trip where possible.

Needs only the delegated permission User.Read: https://learn.microsoft.com/graph/api/user-get,
https://learn.microsoft.com/graph/api/profilephoto-get, https://learn.microsoft.com/graph/json-batching
"""

import base64
import binascii
import time
from dataclasses import dataclass
from typing import Any

from app.entra.clouds import Cloud
from app.entra.errors import InvalidResponse, OAuthError, ServiceUnavailable
from app.entra.http_client import TOTAL_SECONDS, Http, retry_after
from app.entra.texts import sanitize

PHOTO_SIZE = 96
LARGEST_BATCH = 8 * 1024 * 1024
"""Bytes of a response; a photo of 4 MiB, Microsoft's maximum, takes a third more in it."""
SHARE_WITH_PHOTO = 2 / 3
"""The share of the time for both; the rest is for the profile alone."""
FIELDS = ("id", "displayName", "givenName", "surname", "mail", "userPrincipalName", "jobTitle", "preferredLanguage")
ME = f"/me?$select={','.join(FIELDS)}"
BATCH = {
    "requests": [
        {"id": "me", "method": "GET", "url": ME},
        {"id": "photo", "method": "GET", "url": f"/me/photos/{PHOTO_SIZE}x{PHOTO_SIZE}/$value"},
    ]
}
ORGANIZATION = "/organization?$select=verifiedDomains"
MEMBERSHIPS = {
    "requests": [
        {"id": "me", "method": "GET", "url": "/me?$select=id"},
        {
            "id": "groups",
            "method": "POST",
            "url": "/me/getMemberObjects",
            "headers": {"Content-Type": "application/json"},
            "body": {"securityEnabledOnly": True},
        },
    ]
}
LONGEST_FIELD = 256
MOST_DOMAINS = 5000
"""Entra ID allows about as many in a tenant."""


@dataclass(frozen=True)
class Profile:
    """Graph's data about the person of an access token. Fields are None if Graph has none."""

    oid: str
    name: str | None
    email: str | None
    title: str | None
    photo: bytes | None
    """As Graph sent it; not necessarily a picture."""
    photo_is_known: bool
    """False if Graph was too busy to say whether there is one."""


@dataclass(frozen=True)
class MemberGroups:
    """All security groups of the person of an access token, those that contain others included."""

    oid: str
    groups: tuple[str, ...]
    """Object ids, in lower case."""


class Graph:
    """Thread-safe; one per process."""

    def __init__(self, cloud: Cloud, http: Http) -> None:
        self._address = f"{cloud.graph}/v1.0"
        self._http = http

    def profile(self, access_token: str, *, within: float = TOTAL_SECONDS) -> Profile:
        """The profile of the token's person, within this many seconds.

        If the photo is too large or fails, the profile is requested again without it.

        Raises OAuthError if the token lacks the permission, ServiceUnavailable, InvalidResponse.
        """
        ends_at = time.monotonic() + within
        bearer = {"Authorization": f"Bearer {access_token}"}
        try:
            answer = self._http.request(
                "POST",
                f"{self._address}/$batch",
                within=within * SHARE_WITH_PHOTO,
                json=BATCH,
                headers=bearer,
                largest=LARGEST_BATCH,
            )
        except ServiceUnavailable:
            answer = self._http.get(f"{self._address}{ME}", headers=bearer, within=ends_at - time.monotonic())
            _check(answer.status_code, retry_after(answer.headers))
            return _profile(answer.json_object(), {})
        _check(answer.status_code, retry_after(answer.headers))
        parts = _parts(answer.json_object())
        me = parts.get("me", {})
        _check(me.get("status"), None)
        return _profile(me.get("body"), parts.get("photo", {}))

    def verified_domains(self, access_token: str, *, within: float = TOTAL_SECONDS) -> list[str]:
        """The domains that the tenant of the token's person lists as verified; User.Read is enough:
        https://learn.microsoft.com/graph/api/organization-get

        Raises OAuthError if the token lacks the permission, ServiceUnavailable, InvalidResponse.
        """
        bearer = {"Authorization": f"Bearer {access_token}"}
        answer = self._http.get(f"{self._address}{ORGANIZATION}", headers=bearer, within=within)
        _check(answer.status_code, retry_after(answer.headers))
        organizations = answer.json_object().get("value")
        if not isinstance(organizations, list) or not all(isinstance(one, dict) for one in organizations):
            raise InvalidResponse("the organizations are no list of objects")
        listed = (domain for one in organizations for domain in one.get("verifiedDomains") or [])
        names = (sanitize(domain.get("name"), LONGEST_FIELD) for domain in listed if isinstance(domain, dict))
        return [name for name in names if name][:MOST_DOMAINS]

    def member_groups(self, access_token: str, *, within: float) -> MemberGroups:
        """The groups of the token's person, within this many seconds, in one round trip.

        https://learn.microsoft.com/graph/api/directoryobject-getmemberobjects

        Raises ServiceUnavailable if Graph doesn't answer in time or answers 429 or 5xx, OAuthError if it refuses the
        token, InvalidResponse for anything else.
        """
        answer = self._http.request(
            "POST",
            f"{self._address}/$batch",
            within=within,
            json=MEMBERSHIPS,
            headers={"Authorization": f"Bearer {access_token}"},
            largest=LARGEST_BATCH,
        )
        _require(answer.status_code, retry_after(answer.headers))
        parts = _parts(answer.json_object())
        me, found = (_required_body(parts.get(name, {})) for name in ("me", "groups"))
        oid, ids = me.get("id"), found.get("value")
        if not isinstance(oid, str) or not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
            raise InvalidResponse("the memberships have no ids")
        return MemberGroups(oid.lower(), tuple(one.lower() for one in ids))


def _require(status: Any, wait: int | None) -> None:
    if status in (401, 403):
        raise OAuthError("graph_refused", f"Graph answered {status}")
    if _passing(status):
        raise ServiceUnavailable(f"Graph answered {status}", wait)
    if status != 200:
        raise InvalidResponse(f"Graph answered {status}")


def _required_body(part: dict[str, Any]) -> dict[str, Any]:
    _require(part.get("status", 0), None)
    body = part.get("body")
    if not isinstance(body, dict):
        raise InvalidResponse("a part of the batch has no body")
    return body


def _profile(body: Any, photo: dict[str, Any]) -> Profile:
    if not isinstance(body, dict) or not isinstance(body.get("id"), str):
        raise InvalidResponse("the profile has no id")
    return Profile(
        oid=body["id"].lower(),
        name=sanitize(body.get("displayName"), LONGEST_FIELD),
        # The user name of a guest or of a person without a mailbox is not an email address, so it is no fallback.
        email=sanitize(body.get("mail"), LONGEST_FIELD),
        title=sanitize(body.get("jobTitle"), LONGEST_FIELD),
        photo=_photo(photo),
        photo_is_known=not _passing(photo.get("status")),
    )


def _check(status: Any, wait: int | None) -> None:
    if status in (401, 403):
        raise OAuthError("graph_refused", f"Graph answered {status}")
    if status != 200:
        raise ServiceUnavailable(f"Graph answered {status}", wait)


def _parts(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    responses = document.get("responses")
    if not isinstance(responses, list):
        raise InvalidResponse("the batch has no responses")
    return {str(part.get("id")): part for part in responses if isinstance(part, dict)}


def _passing(status: Any) -> bool:
    return not isinstance(status, int) or status == 429 or status >= 500


def _photo(part: dict[str, Any]) -> bytes | None:
    """None if there is none, and for guests and people without a mailbox, for whom Graph returns an error."""
    body = part.get("body")
    if part.get("status") != 200 or not isinstance(body, str):
        return None
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        return None
