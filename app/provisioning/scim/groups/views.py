"""`/scim/v2/Groups`."""

from typing import Any
from uuid import UUID

from flask import Response, request

from app.core.text import gettext_noop as N_
from app.provisioning.scim import filters, listing
from app.provisioning.scim.endpoint import (
    body,
    etag,
    for_directory,
    found,
    location,
    no_content,
    recorded,
    written,
)
from app.provisioning.scim.errors import INVALID_VALUE, ScimError
from app.provisioning.scim.groups import actions, changes, documents, queries
from app.provisioning.scim.groups.changes import Act, MembersChange, Rename
from app.provisioning.scim.listing import Wanted
from app.provisioning.scim.models import ScimGroup
from app.provisioning.scim.queries import Directory
from app.provisioning.scim.request_log import What
from app.provisioning.scim.resources import Group
from app.provisioning.scim.users.documents import operations


@for_directory
def index(directory: Directory) -> Response:
    wanted, page, text = Wanted(Group), listing.page(), request.args.get("filter")
    comparisons = filters.parse(text, queries.ATTRIBUTES, indexed=queries.INDEXED) if text is not None else []
    rows, total = queries.matching(directory, comparisons, page.start, page.count)
    return listing.written_list([documents.written(row, wanted) for row in rows], total, page.start)


@for_directory
def show(directory: Directory, row_id: str) -> Response:
    return _answer(_group(directory, row_id))


@for_directory
@recorded(What.GROUP_ADDED)
def create(directory: Directory) -> Response:
    name, external_id, members = _read(body())
    return _answer(actions.create(directory, name, external_id, members), 201)


@for_directory
@recorded(What.GROUP_CHANGED)
def replace(directory: Directory, row_id: str) -> Response:
    document, row = body(), _group(directory, row_id, for_change=True)
    name, external_id, members = _read(document)
    wanted = [Rename("display_name", name), Rename("external_id", external_id)]
    actions.change(directory, row, [*wanted, MembersChange(Act.REPLACE, members or ())])
    return _answer(row)


@for_directory
@recorded(What.GROUP_CHANGED)
def patch(directory: Directory, row_id: str) -> Response:
    """Answers without the group: reading 50,000 members would take longer than the change."""
    document, row = body(), _group(directory, row_id, for_change=True)
    actions.change(directory, row, changes.read(operations(document)))
    if request.args.get("attributes"):
        return _answer(row)
    response = no_content()
    response.headers["ETag"] = etag(row.version)
    return response


@for_directory
@recorded(What.GROUP_DELETED)
def delete(directory: Directory, row_id: str) -> Response:
    actions.delete(directory, _group(directory, row_id, for_change=True))
    return no_content()


def _read(document: dict[str, Any]) -> tuple[str, str | None, tuple[UUID, ...] | None]:
    """Name, external id and members of a POST or PUT. Microsoft's own schema beside ours is ignored (quirk 19)."""
    given = {key.lower(): value for key, value in document.items()}
    name, external_id = given.get("displayname"), given.get("externalid")
    if not isinstance(name, str) or not name.strip():
        raise ScimError(400, N_("A group needs a displayName."), INVALID_VALUE)
    if external_id is not None and not isinstance(external_id, str):
        raise ScimError(400, N_("%(name)s must be a text."), INVALID_VALUE, name="externalId")
    return name, external_id, changes.members(document)


def _group(directory: Directory, row_id: str, *, for_change: bool = False) -> ScimGroup:
    return found(queries.group, directory, row_id, for_change=for_change)


def _answer(row: ScimGroup, status: int = 200) -> Response:
    pieces = documents.written(row, Wanted(Group))
    return written(pieces, status, version=etag(row.version), place=location("Groups", row.id))
