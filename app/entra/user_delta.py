"""The changes of all users of a tenant, from Microsoft Graph, with the application permission User.Read.All.

https://learn.microsoft.com/graph/delta-query-users and https://learn.microsoft.com/graph/api/user-delta. Its links say
how far the changes were read; they are opaque, and a delta link is good for seven days.
"""

from dataclasses import dataclass
from typing import Any

from app.entra.clouds import Cloud
from app.entra.errors import InvalidResponse, MicrosoftError, OAuthError, ServiceUnavailable
from app.entra.http_client import TOTAL_SECONDS, Answer, Http, retry_after

FIRST = "/users/delta?$select=id,accountEnabled"
RESYNC_CODES = frozenset({"syncstatenotfound", "syncstateinvalid", "resyncrequired"})
"""Of error responses with another status than 410, in lower case."""
LONGEST_LINK = 8192


class ResyncRequired(MicrosoftError):
    """Graph no longer knows where a link leads: everything has to be read again."""


@dataclass(frozen=True)
class UserPage:
    """A page of users who changed, or at first of all users."""

    gone: dict[str, bool]
    """The object ids, in lower case, of those who can't sign in at Microsoft; whether they were deleted, or else
    disabled. Deleted are also those in the recycle bin.
    """
    link: str
    """What to ask next."""
    is_last: bool
    """Whether there is nothing more for now: the link is one for changes from now on."""


class UserDelta:
    """Thread-safe; one per process."""

    def __init__(self, cloud: Cloud, http: Http) -> None:
        self._address = f"{cloud.graph}/v1.0"
        self._http = http

    def page(self, access_token: str, link: str | None, *, within: float = TOTAL_SECONDS) -> UserPage:
        """The page of a link that an earlier one had, or without one the first of all users, within this many seconds.

        Raises ResyncRequired if the link is too old, OAuthError if the token lacks the permission, ServiceUnavailable,
        InvalidResponse.
        """
        url = link or self._address + FIRST
        if not self._is_own(url):
            # The token is for Graph alone.
            raise ResyncRequired("the link leads elsewhere")
        answer = self._http.get(url, headers={"Authorization": f"Bearer {access_token}"}, within=within)
        _check(answer)
        document = answer.json_object()
        users = document.get("value")
        if not isinstance(users, list) or not all(isinstance(one, dict) for one in users):
            raise InvalidResponse("the changes are no list of objects")
        following, last = document.get("@odata.nextLink"), document.get("@odata.deltaLink")
        then = following or last
        if not isinstance(then, str) or len(then) > LONGEST_LINK or not self._is_own(then):
            raise InvalidResponse("the page has no link of Graph’s")
        return UserPage(_gone(users), then, following is None)

    def _is_own(self, url: str) -> bool:
        return url.startswith(f"{self._address}/users/")


def _gone(users: list[dict[str, Any]]) -> dict[str, bool]:
    """Graph may leave out what hasn't changed, so only what it says counts."""
    found = {}
    for user in users:
        oid, is_removed = user.get("id"), "@removed" in user
        if isinstance(oid, str) and (is_removed or user.get("accountEnabled") is False):
            found[oid.lower()] = is_removed
    return found


def _check(answer: Answer) -> None:
    status = answer.status_code
    if status == 410 or (status in (400, 404) and _code(answer) in RESYNC_CODES):
        raise ResyncRequired(f"Graph answered {status}")
    if status in (401, 403):
        raise OAuthError("graph_refused", f"Graph answered {status}")
    if status == 429 or status >= 500:
        raise ServiceUnavailable(f"Graph answered {status}", retry_after(answer.headers))
    if status != 200:
        raise InvalidResponse(f"Graph answered {status}")


def _code(answer: Answer) -> str:
    try:
        error = answer.json_object().get("error")
    except InvalidResponse:
        return ""
    return str(error.get("code")).lower() if isinstance(error, dict) else ""
