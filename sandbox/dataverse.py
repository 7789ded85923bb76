"""The part of Dataverse's Web API that reading contacts needs: WhoAmI, pages, change tracking.

https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query-data-web-api and
https://learn.microsoft.com/power-apps/developer/data-platform/use-change-tracking-synchronize-data-external-systems.
"""

import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from sandbox.bearers import BadBearer, read_bearer
from sandbox.environments import NAMESPACE, Contact, Environment
from sandbox.journal import note
from sandbox.model import Person
from sandbox.state import sandbox

blueprint = Blueprint("dataverse", __name__, url_prefix="/api/data/v9.2")

MAX_PAGE_SIZE = 5000
LOOKUP = "_parentcustomerid_value"
FORMATTED = "OData.Community.Display.V1.FormattedValue"
COLUMNS = ("contactid", "fullname", "jobtitle", "emailaddress1", "telephone1", "mobilephone", "modifiedon", LOOKUP)
FULL, CHANGES = "full", "changes"
TOKEN = re.compile(r"(\d+)!(\d+)")
Document = dict[str, Any]


class DataverseError(Exception):
    """An error in Dataverse's format."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


@dataclass(frozen=True)
class Caller:
    """The user or application of a bearer token, and the environment."""

    environment: Environment
    client_id: str
    person: Person | None

    @property
    def user_id(self) -> str:
        """The caller's row among the environment's users."""
        return str(uuid.uuid5(NAMESPACE, self.person.oid if self.person else self.client_id))


@blueprint.get("/WhoAmI", endpoint="whoami")
@blueprint.get("/WhoAmI()", endpoint="whoami")
def who_am_i() -> Response:
    """The caller and their organization."""

    def body_for(caller: Caller) -> Document:
        own_id = caller.environment.organization_id
        return {"BusinessUnitId": own_id, "UserId": caller.user_id, "OrganizationId": own_id}

    return _respond(body_for)


@blueprint.get("/organizations(<identity>)", endpoint="organizations")
def organization(identity: str) -> Response:
    def body_for(caller: Caller) -> Document:
        if identity != caller.environment.organization_id:
            raise _missing("organization", identity)
        return {"organizationid": identity, "name": caller.environment.name}

    return _respond(body_for)


@blueprint.get("/systemusers(<identity>)", endpoint="systemusers")
def system_user(identity: str) -> Response:
    def body_for(caller: Caller) -> Document:
        if identity != caller.user_id:
            raise _missing("systemuser", identity)
        name = caller.person.name if caller.person else f"# {caller.client_id}"
        return {"systemuserid": identity, "fullname": name}

    return _respond(body_for)


@blueprint.get("/RetrieveTotalRecordCount(EntityNames=@names)", endpoint="count")
@blueprint.get("/RetrieveTotalRecordCount(EntityNames=['contact'])", endpoint="count")
def count() -> Response:
    def body_for(caller: Caller) -> Document:
        found = {"Count": 1, "IsReadOnly": False, "Keys": ["contact"], "Values": [len(caller.environment)]}
        return {"EntityRecordCountCollection": found}

    return _respond(body_for)


@blueprint.get("/contacts", endpoint="contacts")
def contacts() -> Response:
    """A page of all contacts, or of the changes since a delta link was issued."""

    def body_for(caller: Caller) -> Document:
        columns = tuple(request.args.get("$select", ",".join(COLUMNS)).split(","))
        for column in columns:
            if column not in COLUMNS:
                text = f"Could not find a property named '{column}' on type 'Microsoft.Dynamics.CRM.contact'."
                raise DataverseError(400, "0x80060888", text)
        place = {"tenant": caller.environment.tid, "client_id": caller.client_id}
        page = _changes_page(caller.environment, columns) if "$deltatoken" in request.args else None
        page = page or _full_page(caller.environment, columns)
        result: Document = sandbox().drills.perform("dataverse_page", page, **place)
        return result

    return _respond(body_for)


def _full_page(environment: Environment, columns: tuple[str, ...]) -> Document:
    """A page of all contacts. The link contains the version of the first page, so that no later change is missed."""
    after, since = _token("$skiptoken", "0!0")
    version = since or environment.version
    found, more = environment.page(after, _size())
    page = _document(columns, [_row(contact, columns) for contact in found])
    if more:
        page["@odata.nextLink"] = _link(columns, "$skiptoken", f"{found[-1].place}!{version}")
    elif "odata.track-changes" in _preferences() or since:
        page["@odata.deltaLink"] = _link(columns, "$deltatoken", f"{version}!0")
    return page


def _changes_page(environment: Environment, columns: tuple[str, ...]) -> Document | None:
    """A page of changes. None if the token is too old: then everything is sent, without deletions."""
    since, _ = _token("$deltatoken", "0!0")
    if since < environment.tracked_since and environment.rejects_expired:
        text = "Version stamp associated with the client has expired. Please perform a full sync."
        raise DataverseError(412, "0x80044352", text)
    if since < environment.tracked_since:
        return None
    found, last, more = environment.changes(since, _size())
    rows = [_deleted(one) if isinstance(one, str) else _row(one, columns) for one in found]
    page = _document(columns, rows)
    page["@odata.nextLink" if more else "@odata.deltaLink"] = _link(columns, "$deltatoken", f"{last}!0")
    return page


def _row(contact: Contact, columns: tuple[str, ...]) -> Document:
    row: Document = {"@odata.etag": f'W/"{contact.version}"', "contactid": contact.id}
    for column in columns:
        if column == LOOKUP:
            company = contact.values["company"]
            row[LOOKUP] = str(uuid.uuid5(NAMESPACE, company)) if company else None
            if company and "annotations" in _preferences():
                row[f"{LOOKUP}@{FORMATTED}"] = company
        elif column != "contactid":
            row[column] = contact.values[column]
    return row


def _deleted(identity: str) -> Document:
    context = f"{_address()}/$metadata#contacts/$deletedEntity"
    return {"@odata.context": context, "id": identity, "reason": "deleted"}


def _document(columns: tuple[str, ...], rows: list[Document]) -> Document:
    return {"@odata.context": f"{_address()}/$metadata#contacts({','.join(columns)})", "value": rows}


def _link(columns: tuple[str, ...], name: str, token: str) -> str:
    return f"{_address()}/contacts?{urlencode({'$select': ','.join(columns), name: token})}"


def _address() -> str:
    return f"{sandbox().addresses.server}/api/data/v9.2"


def _token(name: str, default: str) -> tuple[int, int]:
    found = TOKEN.fullmatch(request.args.get(name, default))
    if found is None:
        raise DataverseError(400, "0x80040203", f"The {name} is malformed.")
    return int(found[1]), int(found[2])


def _preferences() -> str:
    return request.headers.get("Prefer", "")


def _size() -> int:
    wanted = re.search(r"odata\.maxpagesize=(\d+)", _preferences())
    return min(int(wanted[1]), MAX_PAGE_SIZE) if wanted else MAX_PAGE_SIZE


def _missing(kind: str, identity: str) -> DataverseError:
    return DataverseError(404, "0x80040217", f"Entity '{kind}' With Id = {identity} Does Not Exist")


def _respond(body_for: Callable[[Caller], Document]) -> Response:
    try:
        caller = _caller()
        note(tid=caller.environment.tid, client_id=caller.client_id)
        oid = caller.person.oid if caller.person else None
        scope = {"tenant": caller.environment.tid, "client_id": caller.client_id, "person": oid}
        sandbox().drills.perform("dataverse", **scope)
        status, body = 200, body_for(caller)
    except DataverseError as error:
        status, body = error.status, {"error": {"code": error.code, "message": error.message}}
    response = Response(
        json.dumps(body, ensure_ascii=False), status=status, content_type="application/json; odata.metadata=minimal"
    )
    response.headers["OData-Version"] = "4.0"
    if "odata.track-changes" in _preferences():
        response.headers["Preference-Applied"] = "odata.track-changes"
    return response


def _caller() -> Caller:
    """The token's caller; raises DataverseError: 401 for an invalid token, 403 for a caller who isn't a user of it."""
    try:
        tenant, claims = read_bearer(sandbox().addresses.server)
    except BadBearer as error:
        raise DataverseError(401, "0x80072561", str(error)) from None
    environment = sandbox().environments.of(tenant.tid, tenant.name)
    client_id = str(claims.get("appid"))
    if claims.get("idtyp") == "app":
        if client_id not in environment.application_users:
            raise DataverseError(403, "0x80072560", "The user is not a member of the organization.")
        return Caller(environment, client_id, None)
    person = tenant.people.get(str(claims.get("oid")))
    if person is None or person.disabled:
        raise DataverseError(403, "0x80072560", "The user is not a member of the organization.")
    if sandbox().grants.was_revoked(person.oid, float(claims.get("sandbox_at", 0))):
        raise DataverseError(401, "0x80072561", "The access token has been revoked.")
    return Caller(environment, client_id, person)
