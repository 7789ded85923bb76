"""The sandbox plays Entra's provisioning service; after each cycle both sides are equal."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import requests

from sandbox.model import Group, Person, Tenant
from sandbox.provisioning import shapes
from sandbox.provisioning.client import ScimClient
from sandbox.provisioning.engine import Job
from tests.directory import CONTOSO, FABRIKAM
from tests.directory import Directory as Sandbox
from tests.e2e.processes import Portico
from tests.provisioning.mapped import ENGINEERING
from tests.provisioning.server import add_secret, add_token, token_endpoint, trust
from tests.provisioning.token_client import WORKLOAD

pytestmark = pytest.mark.timeout(900)
FLAG = "?aadOptscim062020"
TENANTS = {"flag": CONTOSO, "no-flag": FABRIKAM}


def tenant_of(tid: str, people: int, groups: int) -> Tenant:
    tenant = Tenant(tid, "Contoso")
    for number in range(people):
        oid = str(UUID(int=(0xA << 100) + number))
        upn = f"person{number}@example.example"
        tenant.people[oid] = Person(
            oid, f"Person {number}", upn, "Person", str(number), upn, "Engineer", "Research", disabled=number % 17 == 16
        )
    oids = list(tenant.people)
    for number in range(groups):
        group_id = str(UUID(int=(0xB << 100) + number))
        tenant.groups[group_id] = Group(group_id, f"Group {number}", members=tuple(oids[number :: max(1, groups // 4)]))
    return tenant


def change_source(tenant: Tenant) -> tuple[str, str]:
    """A marriage, moves between groups, a renamed and a deleted group. Returns who was disabled and who was deleted."""
    oids, groups = list(tenant.people), list(tenant.groups)
    married, disabled, deleted = oids[0], oids[1], oids[2]
    person = tenant.people[married]
    tenant.people[married] = replace(person, surname="New", name="Person New", upn="new@example.example", title=None)
    tenant.people[disabled] = replace(tenant.people[disabled], disabled=True)
    del tenant.people[deleted]
    first, second = tenant.groups[groups[0]], tenant.groups[groups[1]]
    moved = first.members[::2]
    tenant.groups[first.id] = replace(first, name="Renamed", members=tuple(set(first.members) - {*moved, deleted}))
    tenant.groups[second.id] = replace(second, members=tuple(({*second.members} | {*moved}) - {deleted}))
    del tenant.groups[groups[-1]]
    return disabled, deleted


class Endpoint:
    """Portico's side, read over SCIM."""

    def __init__(self, portico: Portico, token: str) -> None:
        self._base, self._headers = f"{portico.base_url}/scim/v2", {"Authorization": f"Bearer {token}"}

    def all(self, kind: str) -> Iterator[dict[str, Any]]:
        start, total = 1, 1
        while start <= total:
            url = f"{self._base}/{kind}?startIndex={start}&count=100"
            page = requests.get(url, headers=self._headers, timeout=60).json()
            total = page["totalResults"]
            start += len(page["Resources"])
            yield from page["Resources"]


def assert_equal(job: Job, endpoint: Endpoint, *, gone: tuple[str, ...] = ()) -> None:
    """Both sides have the same users, and groups with the same members. `gone`: deleted, so inactive there."""
    users = {one["externalId"]: one for one in endpoint.all("Users")}
    ids = {one["id"]: oid for oid, one in users.items()}
    there = {oid: shapes.present(one) for oid, one in users.items() if oid not in gone}
    wanted = {
        person.oid: shapes.attributes(person, active=not person.disabled)
        for person in job.tenant.people.values()
        if person.oid in job.users
    }
    assert there == wanted
    assert {person.oid for person in job.tenant.people.values() if not person.disabled} <= {*wanted}
    assert [oid for oid in gone if oid in users and users[oid]["active"]] == []
    groups = {
        one["externalId"]: (one["displayName"], {ids[member["value"]] for member in one.get("members", [])})
        for one in endpoint.all("Groups")
    }
    assert groups == {
        group.id: (group.name, {oid for oid in group.members if oid in job.users})
        for group in job.tenant.groups.values()
    }


def kill_workers(portico: Portico) -> None:
    """Kills the processes that answer requests, in the middle of whatever they do; gunicorn starts new ones."""
    assert portico.web
    children = Path(f"/proc/{portico.web.pid}/task/{portico.web.pid}/children").read_text().split()
    for child in children:
        with suppress(ProcessLookupError):
            os.kill(int(child), signal.SIGKILL)


@pytest.mark.parametrize("dialect", ["flag", "no-flag"])
@pytest.mark.parametrize(
    ("people", "groups"), [(60, 8), pytest.param(2000, 50, marks=pytest.mark.prove)], ids=["some", "many"]
)
def test_both_sides_are_equal_though_the_server_is_killed_in_mid_cycle(
    scim_process: Portico, dialect: str, people: int, groups: int
) -> None:
    token = f"a token of the tests for {dialect} and {people} people"
    add_token(scim_process, TENANTS[dialect], token)
    clear(scim_process)
    tenant = tenant_of(TENANTS[dialect], people, groups)
    url = f"{scim_process.base_url}/scim/v2/{FLAG if dialect == 'flag' else ''}"
    client = ScimClient(url, token)
    killed = [0]

    def disturb() -> None:
        if client.sent % max(45, people // 4) == 30:
            killed[0] += 1
            threading.Thread(target=kill_workers, args=(scim_process,)).start()

    client.before_request = disturb
    job, endpoint = Job(tenant, client), Endpoint(scim_process, token)
    job.test_connection()
    settle(job)
    assert_equal(job, endpoint)
    disabled, deleted = change_source(tenant)
    settle(job)
    assert_equal(job, endpoint, gone=(deleted,))
    assert killed[0] > 3, "the server was killed in mid cycle"
    client.before_request = lambda: None
    tenant.people[disabled] = replace(tenant.people[disabled], disabled=False)
    job.on_demand(disabled)
    assert_equal(job, endpoint, gone=(deleted,))
    job.purge(deleted)
    assert_equal(job, endpoint)
    before = client.sent
    assert job.cycle() == {}
    never_created = len(tenant.people) - len(job.users)
    reads = len(job.users) + len(job.groups) + 2 * never_created
    assert client.sent - before == reads, "nothing differs, so nothing is written"


def settle(job: Job) -> None:
    """Cycles until nothing fails, as the service tries again what it has in escrow."""
    for _ in range(5):
        if not job.cycle():
            return
    raise AssertionError(job.escrow)


def clear(portico: Portico) -> None:
    for statement in ("DELETE FROM scim_member", "DELETE FROM scim_group", "DELETE FROM scim_user"):
        portico.change(statement)


def test_sandbox_provisions_its_own_directory(scim_process: Portico, directory: Sandbox) -> None:
    token = "a token of the tests for the sandbox itself"
    add_token(scim_process, CONTOSO, token)
    clear(scim_process)
    path = f"tenants/{CONTOSO}/provisioning"
    directory.call("PUT", path, {"url": f"{scim_process.base_url}/scim/v2/{FLAG}", "token": token})
    shown = directory.call("POST", f"{path}/cycle")
    assert shown["failed"] == {}
    users = {one["externalId"]: one for one in Endpoint(scim_process, token).all("Users")}
    people = {one["oid"]: one for one in directory.call("GET", f"tenants/{CONTOSO}")["people"]}
    assert {*users} == {oid for oid, one in people.items() if not one["disabled"]}
    camila = "c0000003-0000-4000-8000-000000000003"
    page = f"{directory.origin}/sandbox/people/{CONTOSO}/{camila}"
    requests.post(page, data={"do": f"group {ENGINEERING}"}, timeout=60).raise_for_status()
    groups = {one["externalId"]: one.get("members", []) for one in Endpoint(scim_process, token).all("Groups")}
    assert users[camila]["id"] in {one["value"] for one in groups[ENGINEERING]}
    requests.post(page, data={"do": "disable"}, timeout=60).raise_for_status()
    users = {one["externalId"]: one for one in Endpoint(scim_process, token).all("Users")}
    assert [oid for oid, one in users.items() if not one["active"]] == [camila]
    wrong = {"url": f"{scim_process.base_url}/scim/v2/", "token": "wrong"}
    with pytest.raises(requests.HTTPError):
        directory.call("PUT", path, wrong)


@pytest.mark.parametrize("method", ["header", "body", "both", "federation"])
def test_sandbox_provisions_with_access_tokens(scim_process: Portico, directory: Sandbox, method: str) -> None:
    """A small cycle with each way to authenticate; the endpoint has forgotten the access token in between."""
    clear(scim_process)
    scim_process.change("DELETE FROM scim_access_token")
    scim_process.change("DELETE FROM scim_token")
    address, client_id = token_endpoint(scim_process, CONTOSO)
    path = f"tenants/{CONTOSO}/provisioning"
    entered = {"url": f"{scim_process.base_url}/scim/v2/{FLAG}", "token_endpoint": address, "client_id": client_id}
    if method == "federation":
        shown = directory.call("GET", f"{path}/workload-identity/{WORKLOAD}")
        trust(scim_process, CONTOSO, WORKLOAD, shown["subject"])
        entered["workload_identity"] = WORKLOAD
    else:
        secret = f"a client secret of the tests, sent in {method}"
        add_secret(scim_process, CONTOSO, secret)
        entered |= {"client_secret": secret, "sent": method}
    directory.call("PUT", path, entered)
    assert directory.call("POST", f"{path}/cycle")["failed"] == {}
    scim_process.change("DELETE FROM scim_access_token")
    camila = "c0000003-0000-4000-8000-000000000003"
    directory.person(CONTOSO, camila, disabled=True)
    assert directory.call("POST", f"{path}/cycle")["failed"] == {}
    rows = scim_process.rows("SELECT external_id FROM scim_user WHERE NOT is_active")
    assert rows == [(camila,)]
    assert scim_process.rows("SELECT COUNT(*) FROM scim_access_token") == [(1,)]
    scim_process.change("DELETE FROM scim_access_token")
    scim_process.change("DELETE FROM scim_token")
    with pytest.raises(requests.HTTPError):
        directory.call("PUT", path, entered)
