"""The worker as a separate process, with a real mail server."""

import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests

from tests import directory as seed
from tests.browser import BUTTON, CSRF, pick
from tests.cast import ALICE, COMPANIES
from tests.directory import Directory
from tests.e2e.processes import Portico, stop, until
from tests.mail_server import LocalMailServer, start_mail_server
from tests.ports import free_port
from tests.resilience.load import sign_in

A_MINUTE = 60


@pytest.fixture
def mail_server() -> Iterator[LocalMailServer]:
    with start_mail_server() as opened:
        yield opened


@pytest.fixture
def portico(directory: Directory, mail_server: LocalMailServer, tmp_path: Path) -> Iterator[Portico]:
    started = Portico(tmp_path, directory)
    started.open(COMPANIES, SMTP_URL=mail_server.url, MAIL_FROM="Portico <portico@sender.example>")
    yield started
    started.close()


def metrics_at(port: int) -> str:
    try:
        return requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text
    except requests.RequestException:
        return ""


def test_owner_is_emailed_within_a_minute_of_rejected_credential(
    portico: Portico, mail_server: LocalMailServer
) -> None:
    ((public_id,),) = portico.rows("SELECT public_id FROM connection_draft WHERE title = 'Contoso staff'")
    callback = f"{portico.base_url}/auth/{public_id}/callback"
    portico.directory.register(seed.CONTOSO, seed.CONTOSO_CLIENT, web=[callback])
    portico.directory.application(seed.CONTOSO, seed.CONTOSO_CLIENT, secrets=[])

    with requests.Session() as browser:
        page = browser.get(f"{portico.base_url}/login/contoso", timeout=10).text
        token = CSRF.search(page)
        assert token
        start = f"{portico.base_url}{BUTTON.findall(page)[0]}"
        at_microsoft = browser.post(start, data={"csrf_token": token[1]}, allow_redirects=False, timeout=10)
        back = pick(portico.directory, at_microsoft.headers["Location"], ALICE)
        began = time.monotonic()
        assert browser.get(f"{portico.base_url}{back}", timeout=10).status_code == 400

    until(lambda: bool(mail_server.emails), portico.worker)
    assert time.monotonic() - began < A_MINUTE
    assert mail_server.recipients == ["owner@contoso.example"]
    assert mail_server.subjects() == ["Action needed: Microsoft is rejecting the client secret for “Contoso staff”"]


def test_worker_adds_audit_entries_to_their_chain(portico: Portico) -> None:
    """On SQLite the web processes do so, too; here they wrote nothing."""
    entries = "SELECT (SELECT count(*) FROM audit_entry), (SELECT count(*) FROM audit_chain)"

    def are_all_in_chain() -> bool:
        ((written, chained),) = portico.rows(entries)
        return bool(written) and written == chained

    until(are_all_in_chain, portico.worker)


def test_worker_metrics_count_its_requests_to_microsoft(portico: Portico) -> None:
    portico.register()
    assert portico.worker
    stop(portico.worker)
    port = free_port()
    portico.worker = portico.start_worker(WORKER_METRICS_PORT=str(port))
    for _ in range(2):
        assert sign_in(portico, ALICE) == 303
    line = f'portico_upstream_seconds_count{{endpoint="localhost:{portico.directory.port}/$batch",status="200"}} 1.0'
    until(lambda: line in metrics_at(port), portico.worker)


def test_stopped_worker_finishes_running_task(portico: Portico) -> None:
    portico.register()
    assert sign_in(portico, ALICE) == 303
    portico.directory.person(ALICE.tid, ALICE.oid, title="Chief of Something Else")
    portico.directory.drill("graph_slow", seconds=30)
    assert sign_in(portico, ALICE) == 303
    with closing(sqlite3.connect(portico.folder / "portico.db.queue")) as queue:
        until(lambda: queue.execute("SELECT count(*) FROM task").fetchone() == (0,), portico.worker)
    assert portico.worker
    portico.worker.terminate()
    # It would have exited by now if it didn't wait for Graph.
    with pytest.raises(subprocess.TimeoutExpired):
        portico.worker.wait(3)
    portico.directory.clear_drills()
    assert portico.worker.wait(A_MINUTE) == 0
    assert portico.rows("SELECT title FROM person WHERE oid = ?", ALICE.oid) == [("Chief of Something Else",)]
