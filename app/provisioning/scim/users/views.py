"""`/scim/v2/Users`."""

from flask import Response, request

from app.provisioning.scim import filters, listing
from app.provisioning.scim import queries as scim
from app.provisioning.scim.endpoint import (
    answer,
    body,
    for_directory,
    found,
    no_content,
    recorded,
)
from app.provisioning.scim.listing import Wanted
from app.provisioning.scim.models import ScimUser
from app.provisioning.scim.queries import Directory
from app.provisioning.scim.request_log import What
from app.provisioning.scim.resources import User
from app.provisioning.scim.users import actions, documents, queries


@for_directory
def index(directory: Directory) -> Response:
    wanted, page, text = Wanted(User), listing.page(), request.args.get("filter")
    comparisons = filters.parse(text, queries.ATTRIBUTES, indexed=queries.INDEXED) if text is not None else []
    rows, total = queries.matching(directory, comparisons, page.start, page.count)
    with_groups = wanted.has("groups", by_default=False)
    groups = scim.groups_of_users(directory.company_id, [row.id for row in rows]) if with_groups else {}
    shown = [wanted.dump(documents.shown(row, groups.get(row.id, []))) for row in rows]
    return listing.list_answer(shown, total, page.start)


@for_directory
def show(directory: Directory, row_id: str) -> Response:
    return _answer(_user(directory, row_id))


@for_directory
@recorded(What.USER_ADDED)
def create(directory: Directory) -> Response:
    return _answer(actions.create(directory, documents.read(body())), 201)


@for_directory
@recorded(What.USER_CHANGED)
def replace(directory: Directory, row_id: str) -> Response:
    user, row = documents.read(body()), _user(directory, row_id, for_change=True)
    if user.active is None:
        # Okta may leave it out, which doesn't mean that the person has left.
        user.active = row.is_active
    actions.change(directory, row, user)
    return _answer(row)


@for_directory
@recorded(What.USER_CHANGED)
def patch(directory: Directory, row_id: str) -> Response:
    document, row = body(), _user(directory, row_id, for_change=True)
    user = documents.loaded(row)
    documents.patch(user, document)
    actions.change(directory, row, user)
    return _answer(row)


@for_directory
@recorded(What.USER_DELETED)
def delete(directory: Directory, row_id: str) -> Response:
    actions.delete(directory, _user(directory, row_id, for_change=True))
    return no_content()


def _user(directory: Directory, row_id: str, *, for_change: bool = False) -> ScimUser:
    return found(queries.user, directory, row_id, for_change=for_change)


def _answer(row: ScimUser, status: int = 200) -> Response:
    wanted = Wanted(User)
    with_groups = wanted.has("groups", by_default=False)
    groups = scim.groups_of_users(row.company_id, [row.id]).get(row.id, []) if with_groups else []
    return answer(wanted.dump(documents.shown(row, groups)), status)
