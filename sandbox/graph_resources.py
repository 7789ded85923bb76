"""The sandbox's Graph resources, each a pure function of caller and query."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from sandbox.model import DRAWN, Group, Person, Tenant
from sandbox.portraits import jpeg
from sandbox.state import sandbox

Document = dict[str, Any]
SIZES = (48, 64, 96, 120, 240, 360, 432, 504, 648)  # https://learn.microsoft.com/graph/api/profilephoto-get
PAGE_SIZE, MAX_PAGE_SIZE = 100, 999
READ_USERS = frozenset({"User.ReadBasic.All", "User.Read.All", "Directory.Read.All"})
GROUPS = frozenset({"GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"})
BY_DEFAULT = (
    *("businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone", "officeLocation"),
    *("preferredLanguage", "surname", "userPrincipalName", "id"),
)


class GraphError(Exception):
    """An error in Graph's format: HTTP status, code and message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


@dataclass(frozen=True)
class Caller:
    """The person or application of a bearer token, and its scopes."""

    tenant: Tenant
    client_id: str
    person: Person | None
    allowed: frozenset[str]
    app_only: bool = False

    def me(self) -> Person:
        """The person; raises GraphError for app-only tokens, and for deleted people."""
        if self.app_only:
            raise GraphError(400, "BadRequest", "/me request is only valid with delegated authentication flow.")
        if self.person is None:
            raise _missing("me")
        return self.person

    def need(self, permissions: frozenset[str]) -> None:
        """Raises GraphError (403) unless the token contains one of them."""
        if not permissions & self.allowed:
            raise GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


@dataclass(frozen=True)
class Query:
    """The parts of the requested URL."""

    base: str
    path: str
    parameters: MultiDict[str, str]
    body: Any = None
    """The JSON of a POST."""

    @property
    def selected(self) -> list[str]:
        """The properties of `$select`, or none."""
        return [name.strip() for name in self.parameters.get("$select", "").split(",") if name.strip()]

    def context(self, kind: str) -> str:
        """The `@odata.context`."""
        shown = f"({','.join(self.selected)})" if self.selected else ""
        return f"{self.base}/$metadata#{kind}{shown}"


@dataclass(frozen=True)
class Result:
    """A status with a JSON document or bytes."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})


def _missing(what: str) -> GraphError:
    text = f"Resource '{what}' does not exist or one of its queried reference-property objects are not present."
    return GraphError(404, "Request_ResourceNotFound", text)


def person_document(person: Person, query: Query) -> Document:
    document: Document = {
        "businessPhones": [],
        "displayName": person.name,
        "givenName": person.given_name,
        "jobTitle": person.title,
        "mail": person.mail,
        "mobilePhone": None,
        "officeLocation": person.office,
        "preferredLanguage": person.preferred_language,
        "surname": person.surname,
        "userPrincipalName": person.upn,
        "id": person.oid,
        "accountEnabled": not person.disabled,
        "department": person.department,
        "userType": "Guest" if person.guest else "Member",
    }
    for name in query.selected:
        if name not in document:
            text = f"Could not find a property named '{name}' on type 'microsoft.graph.user'."
            raise GraphError(400, "BadRequest", text)
    return {name: document[name] for name in query.selected or BY_DEFAULT}


def _group(group: Group) -> Document:
    return {
        "id": group.id,
        "displayName": group.name,
        "description": group.description,
        "mailEnabled": False,
        "securityEnabled": True,
        "groupTypes": [],
    }


def _page(query: Query, kind: str, documents: Iterable[Document]) -> Result:
    every = list(documents)
    try:
        top = min(int(query.parameters.get("$top", PAGE_SIZE)), MAX_PAGE_SIZE)
        start = int(base64.urlsafe_b64decode(query.parameters.get("$skiptoken", "MA==")))
    except ValueError:
        raise GraphError(400, "BadRequest", "Invalid $top or $skiptoken.") from None
    if top < 1:
        raise GraphError(400, "BadRequest", "Invalid page size specified: it must be between 1 and 999 inclusive.")
    body: Document = {"@odata.context": query.context(kind), "value": every[start : start + top]}
    if start + top < len(every):
        token = base64.urlsafe_b64encode(str(start + top).encode()).decode()
        following = {**query.parameters.to_dict(), "$skiptoken": token}
        body["@odata.nextLink"] = f"{query.base}{query.path}?{urlencode(following, safe='$,')}"
    return Result(200, body)


def me(caller: Caller, query: Query) -> Result:
    """GET /me."""
    caller.need(frozenset({"User.Read", "User.Read.All"}))
    person = caller.me()
    document = sandbox().drills.perform(
        "graph_me",
        person_document(person, query),
        tenant=caller.tenant.tid,
        client_id=caller.client_id,
        person=person.oid,
    )
    return Result(200, {"@odata.context": query.context("users") + "/$entity", **document})


def my_photo(caller: Caller, query: Query, size: str = "648x648") -> Result:
    """GET /me/photo/$value, /me/photos/{size}/$value."""
    caller.need(frozenset({"User.Read", "User.Read.All"}))
    return _photo(caller.me(), size)


def my_groups(caller: Caller, query: Query) -> Result:
    """GET /me/memberOf. With User.Read alone Graph identifies the groups only by their IDs."""
    caller.need(frozenset({"User.Read"}) | GROUPS)
    oid = caller.me().oid
    mine = [_group(group) for group in caller.tenant.groups.values() if oid in group.members]
    if not caller.allowed & GROUPS:
        mine = [{name: (value if name == "id" else None) for name, value in group.items()} for group in mine]
    return _page(query, "directoryObjects", ({"@odata.type": "#microsoft.graph.group", **group} for group in mine))


def my_member_objects(caller: Caller, query: Query) -> Result:
    """POST /me/getMemberObjects: the ids of all groups of the person, those that contain others included.

    https://learn.microsoft.com/graph/api/directoryobject-getmemberobjects
    """
    caller.need(frozenset({"User.Read", "User.Read.All"}) | GROUPS)
    if not isinstance(query.body, dict) or not isinstance(query.body.get("securityEnabledOnly"), bool):
        raise GraphError(400, "Request_BadRequest", "The parameter securityEnabledOnly is missing.")
    ids = [group.id for group in caller.tenant.all_groups(caller.me().oid)]
    return Result(200, {"@odata.context": query.context("Collection(Edm.String)"), "value": ids})


def users(caller: Caller, query: Query) -> Result:
    """GET /users."""
    caller.need(READ_USERS)
    return _page(query, "users", (person_document(person, query) for person in list(caller.tenant.people.values())))


def _found(caller: Caller, identity: str) -> Person:
    person = caller.tenant.people.get(identity.lower()) or caller.tenant.person_by_address(identity)
    if person is None or person != caller.person:
        caller.need(READ_USERS)
    if person is None:
        raise _missing(identity)
    return person


def user(caller: Caller, query: Query, identity: str) -> Result:
    """GET /users/{id or UPN}."""
    person = _found(caller, identity)
    return Result(200, {"@odata.context": query.context("users") + "/$entity", **person_document(person, query)})


def user_photo(caller: Caller, query: Query, identity: str, size: str = "648x648") -> Result:
    """GET /users/{id}/photo/$value, /users/{id}/photos/{size}/$value."""
    return _photo(_found(caller, identity), size)


def groups(caller: Caller, query: Query) -> Result:
    """GET /groups."""
    caller.need(GROUPS)
    return _page(query, "groups", (_group(group) for group in list(caller.tenant.groups.values())))


def _photo(person: Person, size: str) -> Result:
    if size.lower() not in {f"{pixels}x{pixels}" for pixels in SIZES}:
        raise GraphError(400, "BadRequest", f"The photo size '{size}' is not supported.")
    if person.guest:
        raise GraphError(404, "ResourceNotFound", "Resource could not be discovered.")
    if person.photo is None:
        text = "Exception of type 'Microsoft.Fast.Profile.Core.Exception.ImageNotFoundException' was thrown."
        raise GraphError(404, "ImageNotFound", text)
    pixels = int(size.lower().partition("x")[0])
    body = jpeg(person, pixels) if person.photo == DRAWN else base64.b64decode(person.photo)
    return Result(200, body, {"Content-Type": "image/jpeg", "Cache-Control": "private"})


def organization(caller: Caller, query: Query) -> Result:
    """GET /organization: the tenant, with the domains that it has verified."""
    caller.need(frozenset({"User.Read", "Organization.Read.All"}))
    tenant = caller.tenant
    domains = [
        {"name": name, "isDefault": number == 0, "isInitial": False, "type": "Managed", "capabilities": "Email"}
        for number, name in enumerate(tenant.domains)
    ]
    return Result(200, {"value": [{"id": tenant.tid, "displayName": tenant.name, "verifiedDomains": domains}]})
