"""What a PATCH wants to change of a group, read from its operations. Pure functions.

Members are read here rather than by scim2-models, because a group can have 50,000 of them, of which a request names a
few: nothing reads the others.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.core.text import gettext_noop as N_
from app.provisioning.scim.errors import INVALID_PATH, INVALID_SYNTAX, INVALID_VALUE, ScimError

CORE = re.compile(r"^urn:ietf:params:scim:schemas:core:2\.0:Group:", re.IGNORECASE)
ONE_MEMBER = re.compile(r'members\[\s*value\s+eq\s+"?([^"\]\s]+)"?\s*\](?:\.(?:value|\$ref|type))?', re.IGNORECASE)
MEMBERS = re.compile(r"members(?:\.(?:value|\$ref|type))?", re.IGNORECASE)
UNKNOWN_OPERATION = N_("op must be add, replace or remove.")
NOT_MEMBERS = N_("members must be a list of objects with a value, the id of a user of this connection.")
UNKNOWN_MEMBER = N_("No user of this connection has the id %(id)s, so it can’t be a member.")


class Act(StrEnum):
    ADD = "add"
    REMOVE = "remove"
    REPLACE = "replace"


@dataclass(frozen=True)
class MembersChange:
    """Members to add or to remove, or the whole new list."""

    act: Act
    ids: tuple[UUID, ...]


@dataclass(frozen=True)
class Rename:
    """A new displayName or externalId; None removes it."""

    attribute: str
    value: str | None


Change = MembersChange | Rename


def read(operations: list[Any]) -> list[Change]:
    """In their order; neighbors that do the same to members are one. Raises ScimError."""
    return _joined(change for operation in operations for change in _of_operation(operation))


def _of_operation(operation: Any) -> Iterable[Change]:
    if not isinstance(operation, dict):
        raise ScimError(400, N_("Each operation must be an object."), INVALID_SYNTAX)
    given = {key.lower(): value for key, value in operation.items()}
    try:
        act = Act(str(given.get("op")).lower())
    except ValueError:
        raise ScimError(400, UNKNOWN_OPERATION, INVALID_VALUE) from None
    path, value = given.get("path"), given.get("value")
    if path is None or path == "":
        if not isinstance(value, dict) or act is Act.REMOVE:
            raise ScimError(400, N_("An operation without a path needs an object as its value."), INVALID_VALUE)
        return [change for key, one in value.items() for change in _of_path(act, key, one, is_key=True)]
    if not isinstance(path, str):
        raise ScimError(400, N_("path must be a text."), INVALID_PATH)
    return _of_path(act, path, value)


def _of_path(act: Act, path: str, value: Any, *, is_key: bool = False) -> list[Change]:
    path = CORE.sub("", path)
    if one := ONE_MEMBER.fullmatch(path):
        # Without a value to remove: the path names the member (quirk 23).
        return [MembersChange(Act.REMOVE if act is Act.REMOVE else Act.ADD, _ids([one[1]], act))]
    if MEMBERS.fullmatch(path):
        return [_members(act, value)]
    if path.lower() in ("displayname", "externalid"):
        return [_rename(act, path, value)]
    if is_key or re.fullmatch(r"[\w$:.\-]+", path):
        # An attribute that we don't know.
        return []
    raise ScimError(400, N_("We don’t understand the path %(path)s."), INVALID_PATH, path=path[:100])


def _members(act: Act, value: Any) -> MembersChange:
    """A list with `remove` names the members to remove, and no others (quirk 22)."""
    if value is None or value in ("", []):
        empties = act is Act.REPLACE or (act is Act.REMOVE and value is None)
        return MembersChange(Act.REPLACE if empties else act, ())
    return MembersChange(act, _ids(value if isinstance(value, list) else [value], act))


def _ids(values: list[Any], act: Act) -> tuple[UUID, ...]:
    """The ids in a list of members. One that is none of ours has left the group, so removing it is no error."""
    found = dict.fromkeys(_id(value, act) for value in values)
    return tuple(one for one in found if one)


def _id(value: Any, act: Act) -> UUID | None:
    if isinstance(value, dict):
        value = next((one for key, one in value.items() if key.lower() == "value"), None)
    if not isinstance(value, str):
        raise ScimError(400, NOT_MEMBERS, INVALID_VALUE)
    try:
        return UUID(value)
    except ValueError:
        if act is Act.REMOVE:
            return None
        raise ScimError(400, UNKNOWN_MEMBER, INVALID_VALUE, id=value[:100]) from None


def _rename(act: Act, path: str, value: Any) -> Rename:
    attribute = "external_id" if path.lower() == "externalid" else "display_name"
    if act is Act.REMOVE or value in (None, ""):
        if attribute == "display_name":
            raise ScimError(400, N_("A group needs a displayName."), INVALID_VALUE)
        return Rename(attribute, None)
    if not isinstance(value, str):
        raise ScimError(400, N_("%(name)s must be a text."), INVALID_VALUE, name=path)
    return Rename(attribute, value)


def members(document: dict[str, Any]) -> tuple[UUID, ...] | None:
    """Those of a POST or PUT; None if it doesn't say. Raises ScimError."""
    found = next((value for key, value in document.items() if key.lower() == "members"), None)
    if found is None:
        return None
    if not isinstance(found, list):
        raise ScimError(400, NOT_MEMBERS, INVALID_VALUE)
    return _ids(found, Act.ADD)


def _joined(changes: Iterable[Change]) -> list[Change]:
    """Entra's flag makes a request of ten thousand operations with a member each: they become one."""
    runs: list[Change | tuple[Act, list[UUID]]] = []
    for change in changes:
        if not isinstance(change, MembersChange) or change.act is Act.REPLACE:
            runs.append(change)
        elif runs and isinstance(runs[-1], tuple) and runs[-1][0] is change.act:
            runs[-1][1].extend(change.ids)
        else:
            runs.append((change.act, list(change.ids)))
    return [MembersChange(run[0], tuple(dict.fromkeys(run[1]))) if isinstance(run, tuple) else run for run in runs]
