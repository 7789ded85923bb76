"""What fails and what keeps working, with real processes, when one part is removed at a time."""

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
import requests

from tests.cast import ALICE, BOB
from tests.directory import CONTOSO, Account
from tests.e2e.processes import Portico, status_of, stop, until
from tests.ports import free_port
from tests.proxy import AUTHORITY, start_nginx
from tests.resilience.conftest import Postgres, RedisServer
from tests.resilience.load import Load, opening, sign_in, signing_in

LOGIN_PAGES = 100
SIGN_INS = 20
# Before a response, and in the middle of one.
CUT = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)
ESTABLISHED = "01"
"""As /proc/net/tcp writes it."""


def worker_pids(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def open_connections(pid: int, port: int) -> int:
    """How many connections with browsers the process has."""
    held = {os.readlink(one) for one in Path(f"/proc/{pid}/fd").iterdir()}
    lines = [line.split() for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]]
    ours = [line for line in lines if line[1].endswith(f":{port:04X}") and line[3] == ESTABLISHED]
    return sum(f"socket:[{line[9]}]" in held for line in ours)


def people(postgres: Postgres) -> dict[str, tuple[str, int, int]]:
    """The name and the numbers of sessions and successful sign-ins, by object ID."""
    with psycopg.connect(f"{postgres.url}/portico") as connection:
        rows = connection.execute(
            "SELECT oid, name, (SELECT count(*) FROM session WHERE person_id = person.id),"
            " (SELECT count(*) FROM audit_entry WHERE subject_id = person.id AND event = 'sign_in.admitted')"
            " FROM person WHERE oid IS NOT NULL"
        ).fetchall()
    return {oid: (name, sessions, admissions) for oid, name, sessions, admissions in rows}


@contextmanager
def people_at_two_nodes(portico: Portico, folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], Load]]:
    """A second node, and nginx in front of both with the file in deploy/; people open pages, or are in the middle
    of a sign-in."""
    going, front = free_port(), free_port()
    node = portico.start_node(going)
    nginx = start_nginx(folder, front, going, portico.port, logs_errors=True)
    at = f"https://localhost:{front}"
    visits = (
        opening(portico, at=at),
        signing_in(portico, ALICE, at=at),
        opening(portico, at=at),
        signing_in(portico, BOB, at=at),
    )
    try:
        with Load(*visits, verify=str(folder / AUTHORITY)) as load:
            load.wait_for(40)
            yield node, load
    finally:
        stop(nginx)


def test_killed_process_loses_only_its_own_requests(portico: Portico) -> None:
    assert portico.web
    with Load(opening(portico)) as load:
        load.wait_for(50)
        victim = worker_pids(portico.web.pid)[0]
        # Stopped, so that no connection opens or closes between the count and the kill.
        os.kill(victim, signal.SIGSTOP)
        connections = open_connections(victim, portico.port)
        os.kill(victim, signal.SIGKILL)
        load.wait_for(100)
    failed = load.seen.total() - load.seen["200"]
    assert failed == load.again.total() <= connections <= 5, (load.seen, connections)
    assert set(load.again) <= {"200"}, load.again
    assert sign_in(portico, ALICE) == 303


@pytest.mark.parametrize("kills", [20, pytest.param(100, marks=pytest.mark.prove)])
def test_kills_during_sign_in_leave_no_partial_person(portico: Portico, postgres: Postgres, kills: int) -> None:
    """First sign-ins of many people, each killed a little later than the previous one."""
    assert portico.web
    new_people = [
        portico.directory.person(
            CONTOSO,
            f"be000000-0000-4000-8000-{number:012d}",
            name=f"Newcomer {number}",
            upn=f"newcomer{number}@contoso.example",
        )
        for number in range(kills)
    ]
    began = time.monotonic()
    assert sign_in(portico, BOB) == 303
    whole = time.monotonic() - began
    ends: dict[str, object] = {}
    for number, new_person in enumerate(new_people):
        killer = _later(whole * number / kills, worker_pids(portico.web.pid))
        try:
            ends[new_person.oid] = sign_in(portico, new_person)
        except CUT:
            ends[new_person.oid] = "cut"
        killer.join()
        until(lambda: status_of(f"{portico.base_url}/healthz") != 0)
    found = people(postgres)
    assert set(ends.values()) <= {303, "cut"}
    # A killed sign-in may also be complete: then only its response was lost.
    cut = [oid for oid, end in ends.items() if end == "cut"]
    assert cut
    assert {oid for oid, end in ends.items() if end == 303} <= set(found)
    assert all(name and (sessions, admissions) == (1, 1) for name, sessions, admissions in found.values())
    assert {sign_in(portico, Account(CONTOSO, oid)) for oid in cut[:5]} == {303}


def test_node_stopped_behind_a_proxy_fails_no_request(portico: Portico, tmp_path: Path) -> None:
    with people_at_two_nodes(portico, tmp_path) as (node, load):
        node.terminate()
        assert node.wait(30) == 0
        load.wait_for(20)
    assert set(load.seen) == {"200", "303"}, load.seen
    # nginx retries a refused connection at another node in any case, but a cut one only sometimes.
    faults = (tmp_path / "nginx.log").read_text()
    assert "Connection refused" in faults
    assert "reset by peer" not in faults
    assert "prematurely closed" not in faults


def test_node_killed_behind_a_proxy_loses_only_its_own_requests(portico: Portico, tmp_path: Path) -> None:
    with people_at_two_nodes(portico, tmp_path) as (node, load):
        # All processes at once: between two kills, people would start requests at those still alive.
        os.killpg(node.pid, signal.SIGKILL)
        node.wait(30)
        load.wait_for(40)
    # Five people were active. Reads were retried at the other node unless their response had begun; a form that may
    # have arrived was not sent twice, and a code that the dead node had redeemed is rejected at the other.
    lost = {"400", "502", *(error.__name__ for error in CUT)}
    assert set(load.seen) <= {"200", "303", *lost}, load.seen
    assert sum(load.seen[end] for end in lost) <= 5, load.seen
    assert set(load.again) <= {"200", "303"}, load.again


def test_missing_postgresql_returns_503_and_recovers(portico: Portico, postgres: Postgres) -> None:
    assert sign_in(portico, ALICE) == 303
    postgres.stop()
    try:
        response = requests.get(f"{portico.base_url}/login/contoso", timeout=30)
        assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
        assert requests.get(f"{portico.base_url}/healthz", timeout=30).status_code == 200
        assert requests.get(f"{portico.base_url}/readyz", timeout=30).status_code == 503
        counted = requests.get(f"{portico.base_url}/metrics", timeout=30)
        assert counted.status_code == 200
        assert "portico_queue_tasks" in counted.text
        assert "portico_credential_days_left" not in counted.text
    finally:
        postgres.start()
    until(lambda: requests.get(f"{portico.base_url}/readyz", timeout=30).status_code == 200)
    statuses = {requests.get(f"{portico.base_url}/login/contoso", timeout=30).status_code for _ in range(LOGIN_PAGES)}
    assert statuses == {200}
    assert sign_in(portico, ALICE) == 303


def test_sign_in_works_without_redis_and_metrics_say_so(portico: Portico, redis_server: RedisServer) -> None:
    redis_server.stop()
    try:
        assert sign_in(portico, BOB) == 303
        assert requests.get(f"{portico.base_url}/login/nothing-here", timeout=30).status_code == 404
        counted = requests.get(f"{portico.base_url}/metrics", timeout=30).text
        assert "portico_queue_tasks" not in counted
        assert 'portico_sign_ins_total{reason="",result="admitted"}' in counted
        assert re.search(r"^portico_limits_alone_total [1-9]", counted, re.MULTILINE)
    finally:
        redis_server.start()
    until(lambda: requests.get(f"{portico.base_url}/readyz", timeout=30).status_code == 200)
    assert sign_in(portico, BOB) == 303


def test_unresponsive_redis_delays_no_one_for_long(portico: Portico, redis_server: RedisServer) -> None:
    assert redis_server.process

    def seconds_of_sign_ins() -> float:
        began = time.monotonic()
        assert {sign_in(portico, BOB) for _ in range(SIGN_INS)} == {303}
        return time.monotonic() - began

    with_redis = seconds_of_sign_ins()
    redis_server.process.send_signal(signal.SIGSTOP)
    try:
        without = seconds_of_sign_ins()
    finally:
        redis_server.process.send_signal(signal.SIGCONT)
    # Each of the two processes waits once: twice 1.5 s for the queue, and half a second for a limit. If each sign-in
    # waited, it would be 40 s. On a busy machine everything takes longer, as the first time shows.
    assert without < 2 * with_redis + 15
    until(lambda: requests.get(f"{portico.base_url}/readyz", timeout=30).status_code == 200)


def test_metrics_of_all_processes_of_a_node_are_summed(portico: Portico) -> None:
    def admitted() -> float:
        line = 'portico_sign_ins_total{reason="",result="admitted"} '
        text = requests.get(f"{portico.base_url}/metrics", timeout=30).text
        return float(text.split(line)[1].split()[0]) if line in text else 0.0

    before = admitted()
    for _ in range(8):
        assert sign_in(portico, ALICE) == 303
    assert {admitted() for _ in range(8)} == {before + 8}
    # Values looked up at scrape time belong to no process. The worker may not have taken all tasks yet.
    text = requests.get(f"{portico.base_url}/metrics", timeout=30).text
    assert len(re.findall(r"^portico_queue_tasks \d", text, re.MULTILINE)) == 1


def _later(seconds: float, pids: list[int]) -> threading.Timer:
    """Kills them after this time, at the moment that the test has chosen."""

    def kill() -> None:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    timer = threading.Timer(seconds, kill)
    timer.start()
    return timer
