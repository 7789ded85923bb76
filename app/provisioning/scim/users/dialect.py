"""How Entra and Okta write users, converted to the form of RFC 7643 and 7644. Pure functions.

What scim2-models understands by itself (operations in capitals, booleans as texts, dotted keys, paths with a filter
that matches nothing) isn't here. The numbers are those of the list of Entra's quirks in docs/provisioning.md.
"""

import re
from typing import Any

from app.core import strict_json
from app.core.strict_json import InvalidJson
from app.provisioning.scim.resources import ENTERPRISE

# The colon before “User” is missing in one of Microsoft's samples (quirk 11).
ENTERPRISE_KEY = re.compile(r"urn:ietf:params:scim:schemas:extension:enterprise:2\.0:?User", re.IGNORECASE)
MANAGER_PATH = re.compile(rf"(?:{ENTERPRISE_KEY.pattern}[:.])?manager", re.IGNORECASE)
ROLES = re.compile(r"roles(?:\[[^\]]*\])?(?:\.value)?", re.IGNORECASE)


def user(document: dict[str, Any]) -> dict[str, Any]:
    """The document of a POST or PUT."""
    found: dict[str, Any] = {}
    for key, value in document.items():
        if ENTERPRISE_KEY.fullmatch(key) and isinstance(value, dict):
            found[ENTERPRISE] = _extension(value)
        elif key.lower() in ("meta", "id", "groups"):
            # Ours to set (quirk 16).
            continue
        else:
            found[key] = _roles(value) if key.lower() == "roles" else value
    listed = document.get("schemas")
    if isinstance(listed, list):
        # A URN that we don't know is no error, and neither is an extension that isn't listed (quirk 10).
        found["schemas"] = [one for one in listed if isinstance(one, str) and not ENTERPRISE_KEY.fullmatch(one)]
        found["schemas"] += [ENTERPRISE] if ENTERPRISE in found else []
    return found


def operations(given: list[Any]) -> list[Any]:
    """The operations of a PATCH."""
    return [found for one in given for found in (_split(_operation(one)) if isinstance(one, dict) else [one])]


def _split(one: dict[str, Any]) -> list[dict[str, Any]]:
    """Keys without a path are paths (quirk 6); those with a filter become operations of their own."""
    value = one.get("value")
    if "path" in one or not isinstance(value, dict):
        return [one]
    filtered = {key: value[key] for key in value if "[" in key}
    rest = {key: value[key] for key in value if "[" not in key}
    own = [_operation({"op": one["op"], "path": key, "value": filtered[key]}) for key in filtered]
    return [*([{**one, "value": rest}] if rest or not own else []), *own]


def _operation(one: dict[str, Any]) -> dict[str, Any]:
    named = {key.lower(): key for key in one}
    path, value = one.get(named.get("path", "path")), one.get(named.get("value", "value"))
    found = {"op": one.get(named.get("op", "op"))}
    if not isinstance(path, str) or not path:
        return {**found, "value": _without_path(value)}
    if MANAGER_PATH.fullmatch(path):
        return _manager_operation(found, value)
    found["path"] = ENTERPRISE_KEY.sub(ENTERPRISE, path)
    if ROLES.fullmatch(path):
        value = _roles(value)
        if isinstance(value, dict) and path.lower().endswith(".value"):
            value = value.get("value")
    if named.get("value") in one:
        found["value"] = value
    return found


def _manager_operation(found: dict[str, Any], value: Any) -> dict[str, Any]:
    """A list, a text, or nothing, which removes the manager (quirk 14)."""
    manager = _manager(value)
    path = f"{ENTERPRISE}:manager"
    if manager is None or str(found["op"]).lower() == "remove":
        return {"op": "remove", "path": path}
    return {**found, "path": path, "value": manager}


def _without_path(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for key, one in value.items():
        if MANAGER_PATH.fullmatch(key):
            found[f"{ENTERPRISE}:manager"] = _manager(one)
        elif ENTERPRISE_KEY.fullmatch(key) and isinstance(one, dict):
            found[ENTERPRISE] = _extension(one)
        else:
            found[ENTERPRISE_KEY.sub(ENTERPRISE, key)] = _roles(one) if key.lower() == "roles" else one
    return found


def _extension(value: dict[str, Any]) -> dict[str, Any]:
    return {key: _manager(one) if key.lower() == "manager" else one for key, one in value.items()}


def _manager(value: Any) -> dict[str, Any] | None:
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = next((one for key, one in value.items() if key.lower() == "value"), None)
    return {"value": value} if isinstance(value, str) and value else None


def _roles(value: Any) -> Any:
    """Without Entra's flag a role is a JSON document in a text (quirk 17)."""
    if isinstance(value, list):
        return [_role(one) for one in value]
    return _role(value)


def _role(value: Any) -> Any:
    if isinstance(value, dict):
        inner = _role_in_text(value.get("value"))
        return {**value, **inner} if inner else value
    return _role_in_text(value) or value


def _role_in_text(value: Any) -> dict[str, Any] | None:
    if not isinstance(value, str) or not value.lstrip().startswith("{"):
        return None
    try:
        found = strict_json.read_object(value)
    except InvalidJson:
        return None
    role = {"value": found.get("value"), "display": found.get("displayName") or found.get("display")}
    return {name: one for name, one in role.items() if isinstance(one, str)}
