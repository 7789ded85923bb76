"""What a request costs doesn't depend on how many people, groups and members there are."""

import math
import re
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from app.core.database import db
from app.provisioning.scim.groups import actions, documents
from app.provisioning.scim.models import ScimMember
from bench.scim import Filled, Size, fill
from tests.assertions import queries
from tests.cast import Cast
from tests.provisioning.directory import Directory, member
from tests.rules.test_database import _scans, _statements
from tests.statistics import forget_statistics

SMALL = Size(people=60, groups=3, members=5, largest=20)
SIZES = [
    pytest.param(Size(people=500, groups=5, members=5, largest=400), id="some"),
    pytest.param(
        Size(people=100_000, groups=1000, members=100, largest=50_000),
        id="many",
        marks=[pytest.mark.prove, pytest.mark.timeout(1800)],
    ),
]
MOST_STATEMENTS = 20
"""Of a request that changes one person."""
MOST_MEGABYTES = 24
"""For a request that names 15,000 members, whose body has 1 MB; half of it is what JSON takes in Python."""


@pytest.fixture(autouse=True)
def without_statistics_afterwards(cast: Cast) -> Iterator[None]:
    yield
    with cast.app.app_context():
        forget_statistics()


def filled(cast: Cast, size: Size, first: int = 0) -> Filled:
    with cast.app.app_context():
        with db.engine.begin() as connection:
            made = fill(connection, size, first=first)
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
        return made


Act = Callable[[Directory, str, str], Any]
ACTS: dict[str, Act] = {
    "find-by-name": lambda contoso, user, group: contoso.found("Users", 'userName eq "person7@contoso.example"'),
    "find-by-email": lambda contoso, user, group: contoso.found("Users", 'emails eq "person7@contoso.example"'),
    "find-no-one": lambda contoso, user, group: contoso.found("Users", f'externalId eq "{uuid4()}"'),
    "read": lambda contoso, user, group: contoso.get(f"Users/{user}"),
    "add": lambda contoso, user, group: contoso.user(uuid4().hex),
    "change": lambda contoso, user, group: contoso.patch(f"Users/{user}", _op("Replace", "title", uuid4().hex)),
    "deactivate": lambda contoso, user, group: contoso.patch(f"Users/{user}", _op("Replace", "active", "False")),
    "reactivate": lambda contoso, user, group: contoso.patch(f"Users/{user}", _op("Replace", "active", "True")),
    "find-group": lambda contoso, user, group: contoso.found(
        "Groups", 'displayName eq "group 1"', excludedAttributes="members"
    ),
    "read-group": lambda contoso, user, group: contoso.get(f"Groups/{group}?excludedAttributes=members"),
    "add-member": lambda contoso, user, group: contoso.patch(f"Groups/{group}", _op("Add", "members", member(user))),
    "remove-member": lambda contoso, user, group: contoso.patch(
        f"Groups/{group}", _op("Remove", "members", member(user))
    ),
    "rename-group": lambda contoso, user, group: contoso.patch(
        f"Groups/{group}", _op("Replace", "displayName", uuid4().hex)
    ),
    "remove-user": lambda contoso, user, group: contoso.delete(f"Users/{user}"),
    "delete-group": lambda contoso, user, group: contoso.delete(f"Groups/{group}"),
}


def _op(op: str, path: str, value: object) -> dict[str, Any]:
    return {"op": op, "path": path, "value": value}


@pytest.mark.parametrize("size", SIZES)
def test_requests_send_the_same_statements_through_indexes(cast: Cast, contoso: Directory, size: Size) -> None:
    few = filled(cast, SMALL)
    contoso.get("Users")
    before = statements(cast, contoso, few)
    many = filled(cast, size, first=SMALL.people)
    with cast.app.app_context():
        engine = db.engine
    with _statements(engine) as sent:
        assert statements(cast, contoso, many) == before
    assert max(before.values()) <= MOST_STATEMENTS, before
    own = {text: values for text, values in sent.items() if re.search("scim_(user|group|member)", text)}
    assert {text: plan for text, values in own.items() for plan in _scans(engine, text, values)} == {}


def statements(cast: Cast, contoso: Directory, there: Filled) -> dict[str, int]:
    """How many each act sends, about the last user, who is in no group, and the largest group."""
    user, group = str(there.users[-1]), str(there.largest)
    found = {}
    for name, act in ACTS.items():
        with queries(cast.app) as sent:
            response = act(contoso, user, group)
        assert getattr(response, "status_code", 200) < 300, name
        found[name] = len(sent)
    return found


@pytest.mark.parametrize("size", SIZES)
def test_members_of_a_large_group_are_changed_in_batches(
    cast: Cast, contoso: Directory, size: Size, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "BATCH", min(actions.BATCH, size.largest // 8))
    there = filled(cast, size)
    group, users = f"Groups/{there.largest}", [str(one) for one in there.users]
    contoso.get("Users")
    # As many as a body of 1 MB names.
    named = users[-min(15_000, size.people // 2) :]
    batches = math.ceil(len(named) / actions.BATCH)
    one_each = [{"op": "remove", "path": f'members[value eq "{one}"]'} for one in named[: min(len(named), 10_000)]]
    for operations, left, most in (
        ([_op("Add", "members", _values(named))], {*users[: size.largest], *named}, 2 * batches),
        ([_op("Remove", "members", _values(named))], {*users[: size.largest]} - {*named}, batches),
        ([_op("Add", "members", _values(named))], {*users[: size.largest], *named}, 2 * batches),
        (one_each, {*users[: size.largest], *named} - {*named[:10_000]}, batches),
        ([_op("replace", "members", _values(named))], {*named}, 3 * batches + 1),
    ):
        with queries(cast.app) as sent, Peak() as peak:
            assert contoso.patch(group, *operations).status_code == 204
        assert len(sent) <= most + MOST_STATEMENTS
        assert peak.megabytes < MOST_MEGABYTES, operations[0]["op"]
        assert number_of_members(cast, there) == len(left)
    assert contoso.members(str(there.largest)) == {*named}


@pytest.mark.parametrize("size", SIZES)
def test_a_large_group_is_read_in_batches(
    cast: Cast, contoso: Directory, size: Size, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = filled(cast, size)
    batch = min(documents.BATCH, size.largest // 10)
    monkeypatch.setattr(documents, "BATCH", batch)
    path = f"Groups/{there.largest}"
    whole = contoso.get(path).json
    assert whole
    assert [one["value"] for one in whole["members"]] == [str(one) for one in there.users[: size.largest]]
    assert {*whole["members"][0]} == {"value", "$ref", "type"}
    ids = contoso.get(f"{path}?attributes=members.value").json
    assert ids
    assert ids["members"][:1] == [{"value": str(there.users[0])}]
    with queries(cast.app) as sent, Peak() as peak:
        length = sum(len(piece) for piece in contoso.get(path).response)
    assert len([one for one in sent if one.startswith("SELECT scim_member")]) == size.largest // batch + 1
    assert length > 150 * size.largest
    assert peak.megabytes < 6
    with queries(cast.app) as sent:
        assert "members" not in contoso.get(f"{path}?excludedAttributes=members").text
    assert not [one for one in sent if "scim_member" in one]
    assert contoso.get(path, headers={"If-None-Match": whole["meta"]["version"]}).status_code == 304
    listed = contoso.get("Groups").json
    assert listed
    assert listed["Resources"][0] == whole
    assert len(listed["Resources"]) == min(200, size.groups)


def _values(ids: list[str]) -> list[dict[str, str]]:
    return [{"value": one} for one in ids]


def number_of_members(cast: Cast, there: Filled) -> int:
    with cast.app.app_context():
        query = sa.select(sa.func.count()).select_from(ScimMember).where(ScimMember.group_id == there.largest)
        return db.session.scalar(query) or 0


class Peak:
    """The memory that Python's objects take at most inside the context, above what they took before."""

    megabytes = 0.0

    def __enter__(self) -> "Peak":
        tracemalloc.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.megabytes = tracemalloc.get_traced_memory()[1] / 1024**2
        tracemalloc.stop()
