"""A user's document: read from a request, changed by a PATCH, and written into a response."""

from typing import Any
from uuid import UUID

from scim2_models import Context, Meta, PatchOp

from app.core.text import gettext_noop as N_
from app.provisioning.scim.endpoint import etag, location
from app.provisioning.scim.errors import INVALID_SYNTAX, INVALID_VALUE, ScimError
from app.provisioning.scim.models import ScimUser
from app.provisioning.scim.resources import EnterpriseUser, GroupMembership, User
from app.provisioning.scim.text import compared
from app.provisioning.scim.users import dialect

MOST_OPERATIONS = 1000
LONGEST_KEY = 500
PATCH_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
NOT_STORED = {"schemas", "id", "meta", "groups"}
WITH_TYPES = ("emails", "phone_numbers", "addresses")


def read(document: dict[str, Any], *, context: Context = Context.RESOURCE_CREATION_REQUEST) -> User:
    """Raises ScimError, SCIMException and ValidationError."""
    user = User.model_validate(dialect.user(document), scim_ctx=context)
    check(user)
    return user


def check(user: User) -> None:
    """Raises ScimError if the user can't be looked up later."""
    if not user.user_name or not user.user_name.strip():
        raise ScimError(400, N_("Add userName."), INVALID_VALUE)
    for text in (user.user_name, user.external_id or "", work_email(user) or ""):
        if len(text) > LONGEST_KEY:
            raise ScimError(400, N_("userName, externalId or an address is too long."), INVALID_VALUE)


def patch(user: User, document: dict[str, Any]) -> None:
    """Changes the user. Raises ScimError, SCIMException and ValidationError."""
    given = operations(document)
    if len(given) > MOST_OPERATIONS:
        raise ScimError(400, N_("Too many operations in one request."), INVALID_VALUE)
    for one in dialect.operations(given):
        changes = PatchOp[User].model_validate(
            {"schemas": [PATCH_SCHEMA], "Operations": [one]}, scim_ctx=Context.RESOURCE_PATCH_REQUEST
        )
        changes.patch(user)
        if str(one.get("op")).lower() == "add":
            _keep_one_of_a_type(user)
    check(user)


def operations(document: dict[str, Any]) -> list[Any]:
    """Those of a PATCH. Raises ScimError."""
    found = next((value for key, value in document.items() if key.lower() == "operations"), None)
    if not isinstance(found, list) or not found:
        raise ScimError(400, N_("Add Operations, a list of what to change."), INVALID_SYNTAX)
    return found


def _keep_one_of_a_type(user: User) -> None:
    """Entra adds an address where it means to replace it, and knows one of each type (quirks 5 and 33)."""
    for name in WITH_TYPES:
        entries = getattr(user, name) or []
        last = {entry.type: position for position, entry in enumerate(entries) if entry.type}
        kept = [entry for position, entry in enumerate(entries) if not entry.type or last[entry.type] == position]
        if len(kept) < len(entries):
            setattr(user, name, kept)


def stored(user: User) -> dict[str, Any]:
    """The document as it is kept in the database."""
    content = user.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE)
    return {name: value for name, value in content.items() if name not in NOT_STORED}


def loaded(row: ScimUser) -> User:
    return User.model_validate(row.content)


def shown(row: ScimUser, groups: list[tuple[UUID, str]]) -> User:
    """The user of a response."""
    user = loaded(row)
    user.id = str(row.id)
    user.meta = Meta(
        resource_type="User",
        created=row.created_at,
        last_modified=row.changed_at,
        location=location("Users", row.id),
        version=etag(row.version),
    )
    user.groups = [
        GroupMembership(value=str(group_id), ref=location("Groups", group_id), display=name)
        for group_id, name in groups
    ] or None
    return user


def keys(user: User) -> dict[str, Any]:
    """The columns by which a user is found."""
    email, enterprise = work_email(user), user[EnterpriseUser]
    return {
        "manager_id": enterprise.manager.value if enterprise and enterprise.manager else None,
        "user_name_key": compared(user.user_name or ""),
        "external_id": user.external_id or None,
        "email_key": compared(email) if email else None,
    }


def work_email(user: User) -> str | None:
    """The work address, or the primary one, or the first."""
    emails = [one for one in user.emails or [] if one.value]
    ranked = sorted(emails, key=lambda one: ((one.type or "").lower() != "work", not one.primary))
    return ranked[0].value if ranked else None


def display_name(user: User) -> str:
    """The name as it is shown."""
    name = user.name
    parts = " ".join(part for part in (name.given_name, name.family_name) if part) if name else ""
    return user.display_name or (name.formatted if name else None) or parts or user.user_name or ""
