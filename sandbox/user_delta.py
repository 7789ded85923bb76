"""`GET /users/delta`: all people, page by page, then those who changed since.

https://learn.microsoft.com/graph/api/user-delta, https://learn.microsoft.com/graph/delta-query-users. A link's token
has the query of the first request in it, so that later requests repeat no parameters. Only changes of selected
properties count. A deleted person is in the recycle bin: `@removed` with the reason `changed`.
"""

import base64
import json
from typing import Any

from werkzeug.datastructures import MultiDict

from sandbox.directory import Change
from sandbox.graph_resources import BY_DEFAULT, PAGE_SIZE, Caller, Document, GraphError, Query, Result, person_document
from sandbox.journal import note
from sandbox.model import Tenant
from sandbox.state import sandbox

READ_ALL_USERS = frozenset({"User.Read.All", "Directory.Read.All"})
FIELDS = {
    "accountEnabled": "disabled",
    "department": "department",
    "displayName": "name",
    "givenName": "given_name",
    "jobTitle": "title",
    "mail": "mail",
    "officeLocation": "office",
    "preferredLanguage": "preferred_language",
    "surname": "surname",
    "userPrincipalName": "upn",
    "userType": "guest",
}
"""The fields of a person by the properties of Graph's user."""
LATEST = "latest"
EXPIRED = "The sync state generation is not found. The delta token is expired and data must be synchronized again."


def users_delta(caller: Caller, query: Query) -> Result:
    caller.need(READ_ALL_USERS)
    tenant, sent = caller.tenant, query.parameters.get("$skiptoken") or query.parameters.get("$deltatoken")
    note(delta=next((name for name in ("$skiptoken", "$deltatoken") if name in query.parameters), None))
    if sent is None or sent == LATEST:
        person_document(next(iter(tenant.people.values())), query)
        return _page(tenant, query, _first(tenant, query, is_latest=sent == LATEST))
    state = _read(tenant, sent)
    first = f"{query.base}{query.path}?$select={state['select']}"
    sandbox().drills.perform("graph_delta", first, tenant=tenant.tid, client_id=caller.client_id)
    again = Query(query.base, query.path, MultiDict({"$select": state["select"]} if state["select"] else {}))
    return _page(tenant, again, state)


def _first(tenant: Tenant, query: Query, *, is_latest: bool) -> Document:
    """From now on, or all people first."""
    number = len(_changes(tenant))
    begin = {"from": number, "start": 0} if is_latest else {"after": ""}
    return {"tid": tenant.tid, "select": ",".join(query.selected), "until": number, **begin}


def _page(tenant: Tenant, query: Query, state: Document) -> Result:
    """A page of all people `after` this one, or of what changed `from` this number of changes `until` that one."""
    if "after" in state:
        waiting = sorted(oid for oid in list(tenant.people) if oid > state["after"])
        following = {**state, "after": waiting[PAGE_SIZE - 1]} if len(waiting) > PAGE_SIZE else None
    else:
        waiting = _changed(tenant, query, state)[state["start"] :]
        following = {**state, "start": state["start"] + PAGE_SIZE} if len(waiting) > PAGE_SIZE else None
    shown = [_shown(tenant, query, oid) for oid in waiting[:PAGE_SIZE]]
    body: Document = {"@odata.context": query.context("users"), "value": shown}
    if following:
        body["@odata.nextLink"] = _link(query, "$skiptoken", following)
    else:
        then = {"tid": tenant.tid, "select": state["select"], "from": state["until"], "start": 0}
        body["@odata.deltaLink"] = _link(query, "$deltatoken", then)
    return Result(200, body)


def _changed(tenant: Tenant, query: Query, state: Document) -> list[str]:
    selected = {FIELDS[name] for name in query.selected or BY_DEFAULT if name in FIELDS}
    state.setdefault("until", len(_changes(tenant)))
    changes = _changes(tenant)[state["from"] : state["until"]]
    return list(dict.fromkeys(one.oid for one in changes if one.fields is None or selected & one.fields))


def _shown(tenant: Tenant, query: Query, oid: str) -> Document:
    person = tenant.people.get(oid)
    if person:
        return person_document(person, query)
    return {"id": oid, "@removed": {"reason": "changed"}}


def _changes(tenant: Tenant) -> list[Change]:
    return sandbox().directory.changes.get(tenant.tid, [])


def _link(query: Query, name: str, state: Document) -> str:
    token = base64.urlsafe_b64encode(json.dumps(state).encode()).decode().rstrip("=")
    return f"{query.base}{query.path}?{name}={token}"


def _read(tenant: Tenant, token: str) -> dict[str, Any]:
    """Raises GraphError for a token of another tenant or directory, and for nonsense."""
    try:
        state = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        is_known = state["tid"] == tenant.tid and state.get("from", 0) <= len(_changes(tenant))
    except (ValueError, KeyError, TypeError):
        is_known = False
    if not is_known:
        raise GraphError(400, "syncStateNotFound", EXPIRED)
    found: dict[str, Any] = state
    return found
