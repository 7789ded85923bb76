"""SCIM at size: a directory with 100,000 people and 1,000 groups, one of which has 50,000 members, on PostgreSQL and on
SQLite.

First four connections send what Entra sends in its cycles; then one sends what changes or reads the largest group.
"""

import hashlib
import json
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPConnection
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import sqlalchemy as sa

from app.connections.models import Connection
from app.core.database import now
from app.entra_apps.models import EntraApp
from app.people.models import Person
from app.provisioning.scim.models import Method, ScimCredential, ScimGroup, ScimMember, ScimUser
from bench.processes import Bench, Tree
from bench.stage import TENANT

TOKEN = "the token of the measured directory"  # noqa: S105 - of a database that ends with the measurement
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ROWS = 5000
"""Inserted at once."""
CONNECTIONS, ROUNDS = 4, 60
GOAL = 25
"""Requests per second, which Microsoft asks for."""


@dataclass(frozen=True)
class Size:
    people: int
    groups: int
    members: int
    """Of each group but the first."""
    largest: int
    """Members of the first group."""


SIZE = Size(people=100_000, groups=1000, members=100, largest=50_000)


@dataclass(frozen=True)
class Filled:
    """The ids of what was added."""

    users: list[UUID]
    groups: list[UUID]

    @property
    def largest(self) -> UUID:
        return self.groups[0]


def fill(connection: sa.Connection, size: Size, *, first: int = 0) -> Filled:
    """Adds people and groups to Contoso's connection, numbered from `first`."""
    query = sa.select(Connection.company_id, Connection.id.label("connection_id")).join(EntraApp)
    own = dict(connection.execute(query.where(EntraApp.tenant == TENANT)).one()._mapping)
    users = [_user(own, first + number) for number in range(size.people)]
    people = [_person(one) for one in users]
    groups = [_group(own, first + number) for number in range(size.groups)]
    _insert(connection, Person, people)
    _insert(connection, ScimUser, users)
    _insert(connection, ScimGroup, groups)
    filled = Filled([one["id"] for one in users], [one["id"] for one in groups])
    _insert(connection, ScimMember, _members(own, filled, size))
    return filled


def _user(own: dict[str, UUID], number: int) -> dict[str, Any]:
    moment, name, oid = now(), f"person{number}@contoso.example", str(uuid4())
    row = ScimUser(
        **own,
        person_id=uuid4(),
        user_name_key=name,
        external_id=oid,
        email_key=name,
        manager_id=None,
        is_active=True,
        content={
            "externalId": oid,
            "userName": name,
            "active": True,
            "displayName": f"Person {number}",
            "name": {"givenName": "Person", "familyName": str(number)},
            "emails": [{"type": "work", "value": name, "primary": True}],
        },
        version=1,
        changed_at=moment,
    )
    return _values(row)


def _person(user: dict[str, Any]) -> dict[str, Any]:
    name = user["content"]["displayName"]
    person = Person(
        company_id=user["company_id"],
        tid=TENANT,
        oid=user["external_id"],
        name=name,
        sort_name=name.lower(),
        email=user["email_key"],
    )
    return {**_values(person), "id": user["person_id"]}


def _group(own: dict[str, UUID], number: int) -> dict[str, Any]:
    name = f"Group {number}"
    row = ScimGroup(
        **own, display_name=name, name_key=name.lower(), external_id=str(uuid4()), version=1, changed_at=now()
    )
    return _values(row)


def _members(own: dict[str, UUID], filled: Filled, size: Size) -> Iterator[dict[str, Any]]:
    for position, group_id in enumerate(filled.groups):
        start = position * size.members % max(1, size.people - size.members)
        some = filled.users[start : start + size.members] if position else filled.users[: size.largest]
        for user_id in some:
            yield {"company_id": own["company_id"], "group_id": group_id, "user_id": user_id}


def _values(row: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(row).items() if not name.startswith("_")}


def _insert(connection: sa.Connection, model: Any, rows: Iterable[dict[str, Any]]) -> None:
    left = iter(rows)
    while some := list(islice(left, ROWS)):
        connection.execute(sa.insert(model.__table__), some)


@dataclass
class Work:
    """A kind of request, and what it took."""

    name: str
    milliseconds: list[float] = field(default_factory=list)
    failed: int = 0
    peak: float = 0.0
    """MB of the largest process, if it was measured."""

    def percentile(self, share: float) -> float:
        ordered = sorted(self.milliseconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


@dataclass
class Measured:
    database: str
    cycle: dict[str, Work]
    seconds: float
    cpu: float
    usual: float
    """MB of the largest process before the large group was read or changed."""
    group: dict[str, Work]

    @property
    def sent(self) -> int:
        return sum(len(one.milliseconds) for one in self.cycle.values())


def measure() -> list[Measured]:
    return [_measured(database) for database in ("PostgreSQL", "SQLite")]


def table(found: list[Measured]) -> str:
    """As tables in Markdown."""
    lines = ["| Entra's requests | goal | " + " | ".join(one.database for one in found) + " |"]
    lines.append("|---|--:|" + "--:|" * len(found))
    rows: list[tuple[str, object, list[str]]] = [
        ("requests per second", GOAL, [f"{one.sent / one.seconds:.0f}" for one in found]),
        ("failed", 0, [str(sum(work.failed for work in one.cycle.values())) for one in found]),
        ("CPU s per 1000", "", [f"{one.cpu / one.sent * 1000:.1f}" for one in found]),
    ]
    for name in found[0].cycle:
        shown = [f"{one.cycle[name].percentile(0.5):.0f} / {one.cycle[name].percentile(0.95):.0f}" for one in found]
        rows.append((f"{name}, p50 / p95 ms", "", shown))
    lines += [f"| {name} | {goal} | {' | '.join(values)} |" for name, goal, values in rows]
    lines += ["", "| the largest group | " + " | ".join(f"{one.database}, ms | peak MB" for one in found) + " |"]
    lines.append("|---|" + "--:|--:|" * len(found))
    lines.append("| before | " + " | ".join(f" | {one.usual:.0f}" for one in found) + " |")
    for name in found[0].group:
        shown = [f"{one.group[name].percentile(0.5):.0f} | {one.group[name].peak:.0f}" for one in found]
        lines.append(f"| {name} | {' | '.join(shown)} |")
    return "\n".join(lines)


def _measured(database: str) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        if database == "SQLite":
            bench.environment["DATABASE_URL"] = f"sqlite:///{folder}/portico.db"
        try:
            bench.fill()
            filled = _fill(bench.environment["DATABASE_URL"])
            web = bench.web()
            return _run(database, web, Client(bench.port), filled)
        finally:
            bench.close()


def _fill(url: str) -> Filled:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        found = connection.execute(sa.select(Connection.__table__)).one()
        token = ScimCredential(
            method=Method.TOKEN,
            company_id=found.company_id,
            connection_id=found.id,
            token_hash=hashlib.sha256(TOKEN.encode()).hexdigest(),
            ending=TOKEN[-4:],
            expires=now().date() + timedelta(days=100),
        )
        _insert(connection, ScimCredential, [_values(token)])
        filled = fill(connection, SIZE)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    engine.dispose()
    return filled


@dataclass
class Client:
    """A directory. Each thread has a connection of its own."""

    port: int

    def connection(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=120)

    def send(self, link: HTTPConnection, work: Work, method: str, path: str, body: object = None) -> Any:
        """The JSON of the answer, if there is some; counts it as failed unless it is a success."""
        headers = {
            "Host": f"localhost:{self.port}",
            "Authorization": f"Bearer {TOKEN}",
            "Content-Type": "application/scim+json",
        }
        began = time.perf_counter()
        link.request(method, f"/scim/v2/{path}", json.dumps(body) if body is not None else None, headers)
        response = link.getresponse()
        text = response.read()
        work.milliseconds.append((time.perf_counter() - began) * 1000)
        work.failed += response.status >= 400
        return json.loads(text) if text else None


def _run(database: str, web: Tree, client: Client, filled: Filled) -> Measured:
    cycle = {name: Work(name) for name in CYCLE}
    for number in range(CONNECTIONS):
        _cycle(client, filled, {name: Work(name) for name in CYCLE}, -1 - number, 2)
    began, clock = time.perf_counter(), web.cpu_seconds()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(lambda number: _cycle(client, filled, cycle, number, ROUNDS), range(CONNECTIONS)))
    seconds, cpu = time.perf_counter() - began, web.cpu_seconds() - clock
    usual, group = _peak(web), {}
    for name, method, path, body in _group_requests(filled):
        _forget_peak(web)
        group[name] = Work(name)
        client.send(client.connection(), group[name], method, path, body)
        assert not group[name].failed, name
        group[name].peak = _peak(web)
    return Measured(database, cycle, seconds, cpu, usual, group)


CYCLE = (
    "find a user by name",
    "find a user who isn’t there",
    "add a user",
    "read a user",
    "change a user",
    "deactivate a user",
    "reactivate a user",
    "find a group",
    "read a group without members",
    "add a member",
    "remove a member",
)


def _cycle(client: Client, filled: Filled, cycle: dict[str, Work], number: int, rounds: int) -> None:
    link = client.connection()
    for step in range(rounds):
        position = (number * 9973 + step * 101) % SIZE.people
        user, group = f"Users/{filled.users[position]}", f"Groups/{filled.groups[position % SIZE.groups]}"
        name = quote(f'userName eq "person{position}@contoso.example"')
        absent = quote(f'externalId eq "{uuid4()}"')
        title = quote(f'displayName eq "Group {position % SIZE.groups}"')
        new = f"new{uuid4().hex}@contoso.example"
        added = {"userName": new, "externalId": str(uuid4()), "active": True, "displayName": "New"}
        member = [{"value": str(filled.users[(position + 7) % SIZE.people])}]
        requests: list[tuple[str, str, Any]] = [
            ("GET", f"Users?filter={name}", None),
            ("GET", f"Users?filter={absent}", None),
            ("POST", "Users", added),
            ("GET", user, None),
            ("PATCH", user, _patch("Replace", "title", f"Title {step}")),
            ("PATCH", user, _patch("Replace", "active", "False")),
            ("PATCH", user, _patch("Replace", "active", "True")),
            ("GET", f"Groups?excludedAttributes=members&filter={title}", None),
            ("GET", f"{group}?excludedAttributes=members", None),
            ("PATCH", group, _patch("Add", "members", member)),
            ("PATCH", group, _patch("Remove", "members", member)),
        ]
        for work, (method, path, body) in zip(CYCLE, requests, strict=True):
            client.send(link, cycle[work], method, path, body)
    link.close()


def _group_requests(filled: Filled) -> list[tuple[str, str, str, Any]]:
    path, users = f"Groups/{filled.largest}", [str(one) for one in filled.users]
    few, many = users[-100:], users[SIZE.largest : SIZE.largest + 10_000]
    one_each = [{"op": "remove", "path": f'members[value eq "{one}"]'} for one in many]
    half = users[: SIZE.largest // 3]
    return [
        ("read it with its 50,000 members", "GET", path, None),
        ("read it without members", "GET", f"{path}?excludedAttributes=members", None),
        ("read 200 groups with members", "GET", "Groups", None),
        ("add one member", "PATCH", path, _patch("Add", "members", [{"value": few[0]}])),
        ("add 100 members", "PATCH", path, _patch("Add", "members", [{"value": one} for one in few])),
        ("remove 100 members by a list", "PATCH", path, _patch("Remove", "members", [{"value": one} for one in few])),
        ("add 10,000 members", "PATCH", path, _patch("Add", "members", [{"value": one} for one in many])),
        ("remove 10,000 members, an operation each", "PATCH", path, {"schemas": [PATCH], "Operations": one_each}),
        (
            "replace 50,000 members by 16,666",
            "PATCH",
            path,
            _patch("Replace", "members", [{"value": one} for one in half]),
        ),
        ("delete it", "DELETE", path, None),
    ]


def _patch(op: str, path: str, value: object) -> dict[str, Any]:
    return {"schemas": [PATCH], "Operations": [{"op": op, "path": path, "value": value}]}


def _peak(web: Tree) -> float:
    """Peak memory of the largest process in MB, since it was forgotten."""
    found = [Path(f"/proc/{pid}/status").read_text().split("VmHWM:")[1].split()[0] for pid in web.pids()]
    return max(map(int, found)) / 1024


def _forget_peak(web: Tree) -> None:
    for pid in web.pids():
        Path(f"/proc/{pid}/clear_refs").write_text("5")
