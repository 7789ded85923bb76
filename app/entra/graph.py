"""A person's profile and picture from Microsoft Graph, in one round trip wherever that works.

Needs the delegated permission User.Read and nothing else:
https://learn.microsoft.com/graph/api/user-get, https://learn.microsoft.com/graph/api/profilephoto-get,
https://learn.microsoft.com/graph/json-batching
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
"""Bytes of an answer; a picture of 4 MiB, which is the most that Microsoft keeps, takes a third more in it."""
SHARE_WITH_PHOTO = 2 / 3
"""Of the time there is; what is left is the profile's alone."""
FIELDS = ("id", "displayName", "givenName", "surname", "mail", "userPrincipalName", "jobTitle", "preferredLanguage")
ME = f"/me?$select={','.join(FIELDS)}"
BATCH = {
    "requests": [
        {"id": "me", "method": "GET", "url": ME},
        {"id": "photo", "method": "GET", "url": f"/me/photos/{PHOTO_SIZE}x{PHOTO_SIZE}/$value"},
    ]
}
LONGEST_FIELD = 256


@dataclass(frozen=True)
class Profile:
    """What Graph says of the person an access token belongs to. Fields are None where Graph has none."""

    oid: str
    name: str | None
    email: str | None
    title: str | None
    photo: bytes | None
    """As Graph sent it; not to be trusted to be a picture."""
    photo_is_known: bool
    """False when Graph was too busy to say whether there is one."""


class Graph:
    """Thread-safe; one for the process."""

    def __init__(self, cloud: Cloud, http: Http) -> None:
        self._address = f"{cloud.graph}/v1.0"
        self._http = http

    def profile(self, access_token: str, *, within: float = TOTAL_SECONDS) -> Profile:
        """Whose token it is, within so many seconds.

        A picture that is too large or doesn't come costs the picture alone: the rest is asked for again without it.

        Raises Refused when the token may not read it, Unreachable, BrokenAnswer.
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


def _profile(body: Any, photo: dict[str, Any]) -> Profile:
    if not isinstance(body, dict) or not isinstance(body.get("id"), str):
        raise InvalidResponse("the profile has no id")
    return Profile(
        oid=body["id"].lower(),
        name=sanitize(body.get("displayName"), LONGEST_FIELD),
        # A guest's or mailless person's user name is no address, so it does not stand in for one.
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
    """None when there is none, and for guests and people without a mailbox, where Graph answers an error."""
    body = part.get("body")
    if part.get("status") != 200 or not isinstance(body, str):
        return None
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        return None
