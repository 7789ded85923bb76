"""The worker as it runs: a process of its own, with a real mail server."""

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
from tests.e2e.processes import Portico, free_port, stop, until
from tests.post_office import PostOffice, open_post_office
from tests.resilience.load import sign_in

A_MINUTE = 60


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with open_post_office() as opened:
        yield opened


@pytest.fixture
def portico(directory: Directory, office: PostOffice, tmp_path: Path) -> Iterator[Portico]:
    started = Portico(tmp_path, directory)
    started.open(COMPANIES, SMTP_URL=office.url, MAIL_FROM="Portico <portico@sender.example>")
    yield started
    started.close()


def notified_at(port: int) -> str:
    try:
        return requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text
    except requests.ConnectionError:
        return ""


def test_within_a_minute_of_a_refused_credential_its_owner_has_mail(portico: Portico, office: PostOffice) -> None:
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

    until(lambda: bool(office.letters), portico.worker)
    assert time.monotonic() - began < A_MINUTE
    assert office.readers == ["owner@contoso.example"]
    assert office.subjects() == ["Action needed: Microsoft is rejecting the client secret for “Contoso staff”"]


def test_what_a_worker_asks_of_microsoft_is_told_on_its_own_machine(portico: Portico) -> None:
    portico.register()
    assert portico.worker
    stop(portico.worker)
    port = free_port()
    portico.worker = portico.start_worker(WORKER_METRICS_PORT=str(port))
    for _ in range(2):
        assert sign_in(portico, ALICE) == 303
    line = f'portico_upstream_seconds_count{{endpoint="localhost:{portico.directory.port}/$batch",status="200"}} 1.0'
    until(lambda: line in notified_at(port), portico.worker)


def test_a_worker_that_is_told_to_stop_finishes_what_it_has_begun(portico: Portico) -> None:
    portico.register()
    assert sign_in(portico, ALICE) == 303
    portico.directory.person(ALICE.tid, ALICE.oid, title="Chief of Something Else")
    portico.directory.drill("graph_slow", seconds=30)
    assert sign_in(portico, ALICE) == 303
    with closing(sqlite3.connect(portico.folder / "portico.db.queue")) as queue:
        until(lambda: queue.execute("SELECT count(*) FROM task").fetchone() == (0,), portico.worker)
    assert portico.worker
    portico.worker.terminate()
    # It would be gone by now, if it did not wait for Graph.
    with pytest.raises(subprocess.TimeoutExpired):
        portico.worker.wait(3)
    portico.directory.calm()
    assert portico.worker.wait(A_MINUTE) == 0
    assert portico.rows("SELECT title FROM person WHERE oid = ?", ALICE.oid) == [("Chief of Something Else",)]
