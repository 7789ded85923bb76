"""The Dataverse Web API: whose token it is, and an environment's contacts, page by page and then by changes.

https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query/page-results and
https://learn.microsoft.com/power-apps/developer/data-platform/use-change-tracking-synchronize-data-external-systems
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.entra.errors import InvalidResponse, MicrosoftError, OAuthError, ServiceUnavailable
from app.entra.http_client import Answer, Http, retry_after
from app.entra.texts import sanitize

API = "/api/data/v9.2"
PAGE_SIZE = 2000
PAGE_SECONDS = 20.0
LONGEST_FIELD = 256
LONGEST_LINK = 8000
COMPANY = "_parentcustomerid_value@OData.Community.Display.V1.FormattedValue"
SELECT = "fullname,jobtitle,emailaddress1,telephone1,mobilephone,_parentcustomerid_value,modifiedon"
CONTACTS = f"{API}/contacts?$select={SELECT}"
PREFER = (
    f"odata.track-changes, odata.maxpagesize={PAGE_SIZE}, "
    'odata.include-annotations="OData.Community.Display.V1.FormattedValue"'
)
NOT_A_USER = "0x80072560"
EXPIRED = "0x80044352"
"""ExpiredVersionStamp: the organization keeps changes for fewer days (ExpireChangeTrackingInDays) than have passed."""


class LinkExpired(MicrosoftError):
    """Dataverse no longer accepts a link that it issued: everything has to be read from the beginning."""


@dataclass(frozen=True)
class Organization:
    """What WhoAmI proves: the organization, and whose permissions the token has in it. Names if they can be read."""

    id: str
    name: str | None
    acts_as: str | None


@dataclass(frozen=True)
class Contact:
    """A contact as in Dataverse; fields are None if it has none."""

    id: UUID
    full_name: str | None
    job_title: str | None
    email: str | None
    phone: str | None
    company: str | None
    modified_at: datetime | None


@dataclass(frozen=True)
class Page:
    contacts: list[Contact]
    deleted: list[UUID]
    next_link: str | None
    """The next page; None on the last."""
    delta_link: str | None
    """On the last page: where to request later changes."""


class Dataverse:
    """Thread-safe; one per process. An environment is its origin, as `DataverseHosts.admit` returns it.

    Every method raises OAuthError (`unauthorized` for 401, `forbidden` or `not_a_user` for 403), ServiceUnavailable and
    InvalidResponse.
    """

    def __init__(self, http: Http) -> None:
        self._http = http

    def who_am_i(self, environment: str, access_token: str) -> Organization:
        me = self._get(f"{environment}{API}/WhoAmI", access_token)
        organization, user = _guid(me.get("OrganizationId")), _guid(me.get("UserId"))
        return Organization(
            str(organization),
            self._name(f"{environment}{API}/organizations({organization})?$select=name", "name", access_token),
            self._name(f"{environment}{API}/systemusers({user})?$select=fullname", "fullname", access_token),
        )

    def number_of_contacts(self, environment: str, access_token: str) -> int | None:
        """The approximate number, as Dataverse counted within the last day; None if it doesn't say."""
        try:
            found = self._get(
                f"{environment}{API}/RetrieveTotalRecordCount(EntityNames=@names)?@names=['contact']", access_token
            )
            (number,) = found["EntityRecordCountCollection"]["Values"]
        except (MicrosoftError, KeyError, TypeError, ValueError):
            return None
        return number if isinstance(number, int) and number >= 0 else None

    def contacts(self, environment: str, access_token: str, link: str | None) -> Page:
        """The page at a link that an earlier page contained, or the first page.

        Raises LinkExpired as well.
        """
        answer = self._ask(link or f"{environment}{CONTACTS}", access_token)
        is_expired = answer.status_code != 200 and EXPIRED in answer.text[:2000]
        if link is not None and (is_expired or answer.status_code in (400, 404, 410)):
            raise LinkExpired(f"Dataverse answered {answer.status_code}")
        document = _checked(answer).json_object()
        rows = document.get("value")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise InvalidResponse("the page has no rows")
        gone = [row for row in rows if "$deletedEntity" in str(row.get("@odata.context", ""))]
        return Page(
            [_contact(row) for row in rows if "@odata.context" not in row],
            [_guid(row.get("id")) for row in gone],
            _link(document, "@odata.nextLink", environment),
            _link(document, "@odata.deltaLink", environment),
        )

    def _get(self, url: str, access_token: str) -> dict[str, Any]:
        return _checked(self._ask(url, access_token)).json_object()

    def _ask(self, url: str, access_token: str) -> Answer:
        headers = {
            "Authorization": f"Bearer {access_token}",
            "Accept": "application/json",
            "OData-Version": "4.0",
            "OData-MaxVersion": "4.0",
        }
        if "/contacts?" in url:
            headers["Prefer"] = PREFER
        return self._http.get(url, headers=headers, within=PAGE_SECONDS)

    def _name(self, url: str, field: str, access_token: str) -> str | None:
        """Optional: not every user has the permission."""
        try:
            return sanitize(self._get(url, access_token).get(field), LONGEST_FIELD)
        except MicrosoftError:
            return None


def _checked(answer: Answer) -> Answer:
    status = answer.status_code
    if status == 401:
        raise OAuthError("unauthorized", "Dataverse answered 401")
    if status == 403:
        raise OAuthError("not_a_user" if NOT_A_USER in answer.text[:2000] else "forbidden", "Dataverse answered 403")
    if status == 429 or status >= 500:
        raise ServiceUnavailable(f"Dataverse answered {status}", retry_after(answer.headers))
    if status != 200:
        raise InvalidResponse(f"Dataverse answered {status}")
    return answer


def _contact(row: dict[str, Any]) -> Contact:
    return Contact(
        id=_guid(row.get("contactid")),
        full_name=sanitize(row.get("fullname"), LONGEST_FIELD),
        job_title=sanitize(row.get("jobtitle"), LONGEST_FIELD),
        email=sanitize(row.get("emailaddress1"), LONGEST_FIELD),
        phone=sanitize(row.get("telephone1"), LONGEST_FIELD) or sanitize(row.get("mobilephone"), LONGEST_FIELD),
        company=sanitize(row.get(COMPANY), LONGEST_FIELD),
        modified_at=_moment(row.get("modifiedon")),
    )


def _guid(value: object) -> UUID:
    try:
        return UUID(str(value))
    except ValueError:
        raise InvalidResponse("an id is missing or no GUID") from None


def _moment(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _link(document: dict[str, Any], name: str, environment: str) -> str | None:
    """A link to this environment, so that no token is sent elsewhere."""
    link = document.get(name)
    if link is None:
        return None
    own = f"{environment}{API}/contacts?"
    if not isinstance(link, str) or len(link) > LONGEST_LINK or not link.lower().startswith(own):
        raise InvalidResponse("a link leads elsewhere")
    return link
