"""What the service writes, in both of its dialects. Pure functions."""

from typing import Any

from sandbox.model import Group, Person

CORE = "urn:ietf:params:scim:schemas:core:2.0"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
# A client must not ignore it, and not refuse it either.
MICROSOFT = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"
WORK_EMAIL = 'emails[type eq "work"].value'


def attributes(person: Person, *, active: bool) -> dict[str, Any]:
    """The mapped values of a person by their paths. The service never sends an empty one when it creates a user."""
    values = {
        "externalId": person.oid,
        "userName": person.upn.replace("#EXT#", ""),
        "active": active,
        "displayName": person.name,
        WORK_EMAIL: person.mail,
        "name.givenName": person.given_name,
        "name.familyName": person.surname,
        "title": person.title,
        "preferredLanguage": person.preferred_language,
        f"{ENTERPRISE}:department": person.department,
    }
    return {path: value for path, value in values.items() if value is not None}


def present(user: dict[str, Any]) -> dict[str, Any]:
    """The same values as the endpoint returns them."""
    name, extension = user.get("name", {}), user.get(ENTERPRISE, {})
    emails = [one.get("value") for one in user.get("emails", []) if one.get("type") == "work"]
    values = {
        "externalId": user.get("externalId"),
        "userName": user.get("userName"),
        "active": user.get("active"),
        "displayName": user.get("displayName"),
        WORK_EMAIL: emails[0] if emails else None,
        "name.givenName": name.get("givenName"),
        "name.familyName": name.get("familyName"),
        "title": user.get("title"),
        "preferredLanguage": user.get("preferredLanguage"),
        f"{ENTERPRISE}:department": extension.get("department"),
    }
    return {path: value for path, value in values.items() if value not in (None, "")}


def new_user(person: Person) -> dict[str, Any]:
    values = attributes(person, active=True)
    document: dict[str, Any] = {
        "schemas": [f"{CORE}:User", ENTERPRISE],
        "meta": {"resourceType": "User"},
        "roles": [],
    }
    for path, value in values.items():
        if path == WORK_EMAIL:
            document["emails"] = [{"primary": True, "type": "work", "value": value}]
        elif path.startswith(ENTERPRISE):
            document[ENTERPRISE] = {path.rpartition(":")[2]: value}
        elif "." in path:
            document.setdefault("name", {})[path.partition(".")[2]] = value
        else:
            document[path] = value
    return document


def user_operations(changed: dict[str, Any], *, standard: bool) -> list[dict[str, Any]]:
    """What a PATCH says; None removes a value. With the flag most values are in one operation without a path."""
    if not standard:
        return [
            {"op": "Replace" if value is None else "Add", "path": path, "value": _text(value)}
            for path, value in changed.items()
        ]
    removed = [{"op": "remove", "path": path} for path, value in changed.items() if value is None]
    with_filter = [
        {"op": "replace", "path": path, "value": value}
        for path, value in changed.items()
        if "[" in path and value is not None
    ]
    keys = {path: value for path, value in changed.items() if "[" not in path and value is not None}
    return [*([{"op": "replace", "value": keys}] if keys else []), *with_filter, *removed]


def _text(value: Any) -> Any:
    """Without the flag booleans are texts, and an empty text removes a value."""
    if isinstance(value, bool):
        return str(value)
    return "" if value is None else value


def new_group(group: Group) -> dict[str, Any]:
    return {
        "schemas": [f"{CORE}:Group", MICROSOFT],
        "externalId": group.id,
        "displayName": group.name,
        "meta": {"resourceType": "Group"},
    }


def add_members(ids: list[str], *, standard: bool) -> list[dict[str, Any]]:
    return [{"op": "add" if standard else "Add", "path": "members", "value": [_member(one) for one in ids]}]


def remove_members(ids: list[str], *, standard: bool) -> list[dict[str, Any]]:
    """Without the flag, a list of members with `Remove` means these and no others."""
    if standard:
        return [{"op": "remove", "path": f'members[value eq "{one}"]'} for one in ids]
    return [{"op": "Remove", "path": "members", "value": [_member(one) for one in ids]}]


def _member(scim_id: str) -> dict[str, Any]:
    return {"$ref": None, "value": scim_id}
