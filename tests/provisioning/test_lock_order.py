"""What changes the roles of several people and what changes one person at the same moment wait for each other in one
order, so that PostgreSQL finds no deadlock.
"""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask

from app.connections.models import Connection
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.people import actions as people
from app.people.models import Role
from app.provisioning.roles import actions, holders, queries, scim_groups, scim_queries
from app.provisioning.scim.admin import actions as provisioning
from tests.applications.signing_out import deliveries
from tests.cast import BOB
from tests.provisioning.directory import Directory, add_members
from tests.provisioning.mapped import ENGINEERING, Mapped
from tests.provisioning.test_mapping_pages import reports
from tests.provisioning.test_scim_group_roles import OFF

WAITING = sa.text("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
LONGEST_WAIT_SECONDS = 30


@pytest.fixture(autouse=True)
def _on_postgresql(app: Flask) -> None:
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            pytest.skip("SQLite has one writer at a time")


@dataclass
class Meeting:
    """One act stops before its first statement with some words, until the other waits for a lock or is done."""

    app: Flask
    words: tuple[str, ...]

    def of(self, stopping: Callable[[], Any], other: Callable[[], Any]) -> None:
        """Runs both; raises what one of them raises."""
        stopped, other_done = threading.Event(), threading.Event()

        def stop() -> None:
            stopped.set()
            end = time.monotonic() + LONGEST_WAIT_SECONDS
            with engine.connect() as connection:
                while not other_done.is_set() and not connection.scalar(WAITING):
                    assert time.monotonic() < end, "the other act neither waits nor ends"
                    connection.rollback()

        def run_other() -> None:
            try:
                assert stopped.wait(LONGEST_WAIT_SECONDS), f"no statement with {self.words}"
                other()
            finally:
                other_done.set()

        def run_stopping() -> None:
            with self._before_statement(engine, stop):
                stopping()

        with self.app.app_context():
            engine = db.engine
        with ThreadPoolExecutor(2) as pool:
            for result in [pool.submit(run_stopping), pool.submit(run_other)]:
                result.result(2 * LONGEST_WAIT_SECONDS)

    @contextmanager
    def _before_statement(self, engine: sa.Engine, act: Callable[[], None]) -> Iterator[None]:
        thread, is_done = threading.get_ident(), threading.Event()

        def look(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
            is_it = threading.get_ident() == thread and all(words in text for words in self.words)
            if is_it and not is_done.is_set():
                is_done.set()
                act()

        sa.event.listen(engine, "before_cursor_execute", look)
        try:
            yield
        finally:
            sa.event.remove(engine, "before_cursor_execute", look)


def remove(mapped: Mapped, mapping_id: UUID) -> None:
    with mapped.cast.app.app_context(), unit_of_work():
        line = queries.mapping(mapped.company_id, mapping_id)
        assert line
        actions.remove(mapped.company_id, line, actor_id=mapped.cast.person_id(BOB))


def stop_provisioning(mapped: Mapped) -> None:
    with mapped.cast.app.app_context(), unit_of_work():
        connection = db.session.get_one(Connection, mapped.connection_id)
        provisioning.stop(connection, actor_id=mapped.cast.person_id(BOB))


@pytest.fixture
def group(contoso: Directory) -> dict[str, Any]:
    """A SCIM group with Bob."""
    made = contoso.group("Engineers", externalId="e0000001-0000-4000-8000-000000000001")
    add_members(contoso, made, str(contoso.user("bob", externalId=BOB.oid)["id"]))
    return made


def user_of(contoso: Directory, group: dict[str, Any]) -> str:
    (user,) = contoso.members(group["id"])
    return str(user)


def test_mapping_is_removed_while_one_of_its_admins_signs_in(mapped: Mapped) -> None:
    mapped.put_in(ENGINEERING, BOB)
    mapping_id = mapped.map_group(None)
    mapped.sign_in()
    assert mapped.role_of() == Role.ADMIN
    meeting = Meeting(mapped.cast.app, ("FOR KEY SHARE",))
    meeting.of(mapped.sign_in, lambda: remove(mapped, mapping_id))
    assert mapped.role_of() == Role.MEMBER


def test_mapping_is_removed_while_one_of_its_admins_is_made_a_member(mapped: Mapped) -> None:
    mapped.put_in(ENGINEERING, BOB)
    mapping_id = mapped.map_group(None)
    mapped.sign_in()

    def make_member() -> None:
        with mapped.cast.app.app_context(), unit_of_work():
            bob = mapped.cast.person(BOB)
            assert people.set_role(bob, Role.MEMBER, actor_id=mapped.cast.person_id(BOB)) is None

    Meeting(mapped.cast.app, ("DELETE FROM mapped_admin",)).of(make_member, lambda: remove(mapped, mapping_id))
    assert mapped.role_of() == Role.MEMBER


def test_mapping_is_removed_while_its_directory_deactivates_a_member(
    mapped: Mapped, contoso: Directory, group: dict[str, Any]
) -> None:
    mapping_id, user = mapped.map_scim_group(None, group), user_of(contoso, group)
    meeting = Meeting(mapped.cast.app, ("FOR KEY SHARE",))
    meeting.of(lambda: contoso.patch(f"Users/{user}", OFF), lambda: remove(mapped, mapping_id))
    assert mapped.role_of() == Role.MEMBER
    assert contoso.get(f"Users/{user}").get_json()["active"] is False


def test_mapping_is_removed_while_a_person_loses_everything(
    mapped: Mapped, contoso: Directory, group: dict[str, Any]
) -> None:
    """Both end their grants of the application, and notify it."""
    client = reports(mapped, allowed_roles=["viewer"], backchannel_logout_uri="https://app.example/logout")
    mapping_id, user = mapped.map_scim_group("viewer", group), user_of(contoso, group)
    received = client.tokens(mapped.sign_in())
    meeting = Meeting(mapped.cast.app, ("UPDATE application_grant",))
    meeting.of(lambda: contoso.patch(f"Users/{user}", OFF), lambda: remove(mapped, mapping_id))
    assert client.userinfo(received["access_token"]).status_code == 401
    assert len(deliveries(mapped.cast)) == 1


def test_mapping_is_removed_while_provisioning_stops(mapped: Mapped, contoso: Directory, group: dict[str, Any]) -> None:
    mapping_id = mapped.map_scim_group(None, group)
    meeting = Meeting(mapped.cast.app, ("FROM scim_group", "FOR UPDATE"))
    meeting.of(lambda: stop_provisioning(mapped), lambda: remove(mapped, mapping_id))
    assert mapped.role_of() == Role.MEMBER


def test_provisioning_stops_while_a_user_changes(mapped: Mapped, contoso: Directory, group: dict[str, Any]) -> None:
    mapped.map_scim_group(None, group)
    user = user_of(contoso, group)
    meeting = Meeting(mapped.cast.app, ("FROM person", "FOR NO KEY UPDATE"))
    meeting.of(lambda: contoso.patch(f"Users/{user}", OFF), lambda: stop_provisioning(mapped))
    assert mapped.role_of() == Role.MEMBER


def test_people_of_a_large_group_are_locked_in_one_order(
    mapped: Mapped, contoso: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each batch is locked by a statement of its own, and users are in another order than people."""
    for module in (holders, scim_groups, scim_queries):
        monkeypatch.setattr(module, "BATCH", 2)
    mapped.sign_in()
    large, mixed = contoso.group("Large"), contoso.group("Mixed")
    users = [str(contoso.user(f"p{one}")["id"]) for one in range(9)]
    for one, user in reversed([*enumerate(users, 1)]):
        contoso.patch(f"Users/{user}", {"op": "Add", "path": "externalId", "value": str(UUID(int=one))})
    add_members(contoso, large, *users[:1])
    add_members(contoso, mixed, *users[1::2])
    mapping_id = mapped.map_scim_group(None, large)
    for role in (None, "editor"):
        mapped.map_scim_group(role, mixed)
    others = [{"value": one} for one in users[::2]]
    acts: dict[str, Callable[[], object]] = {
        "replaced": lambda: contoso.put(f"Groups/{mixed['id']}", mixed | {"members": others}),
        "added": lambda: add_members(contoso, large, *users),
        "emptied": lambda: contoso.patch(f"Groups/{large['id']}", {"op": "Remove", "path": "members"}),
        "mapped": lambda: mapped.map_scim_group(None, large),
        "deleted": lambda: contoso.delete(f"Groups/{mixed['id']}"),
        "removed": lambda: remove(mapped, mapping_id),
    }
    for name in ("replaced", "added", "removed", "mapped", "emptied", "deleted"):
        with locked_people(mapped.cast.app) as locked:
            acts[name]()
        assert len(locked) > 3, name
        assert locked == sorted(locked), name


@contextmanager
def locked_people(app: Flask) -> Iterator[list[UUID]]:
    """The people who are locked, in the order of the statements."""
    locked: list[UUID] = []

    def note(_connection: Any, _cursor: Any, text: str, values: Any, *_: Any) -> None:
        if text.startswith("SELECT person.id") and "ORDER BY person.id FOR" in text:
            (ids,) = [value for value in values.values() if isinstance(value, list)]
            locked.extend(sorted(ids))

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield locked
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
