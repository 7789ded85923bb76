"""granian in gunicorn's place, with the command and the settings of docs/operate.md."""

import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import requests

from app.settings import ROOT
from tests.cast import ALICE
from tests.e2e.processes import BIN, Portico, status_of, stop, until
from tests.ports import free_port
from tests.resilience.conftest import Postgres
from tests.resilience.load import host, signing_in

GUIDE = ROOT / "docs" / "operate.md"
REQUESTS = 40


def command(port: int) -> list[str]:
    """The guide's command, in this checkout."""
    found = re.search(r"^exec \.venv/bin/granian (.+?[^\\])$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    assert found
    return [str(BIN / "granian"), *found[1].replace("\\\n", " ").replace('"${PORT:-8000}"', str(port)).split()]


@pytest.fixture
def node(portico: Portico, tmp_path: Path) -> Iterator[tuple[str, "subprocess.Popen[bytes]", Path]]:
    port, log = free_port(), tmp_path / "log"
    (tmp_path / "metrics").mkdir()
    environment = portico.environment | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics")}
    with log.open("wb") as output:
        process = subprocess.Popen(command(port), cwd=ROOT, env=environment, stdout=output, stderr=output)
    address = f"http://127.0.0.1:{port}"
    try:
        until(lambda: status_of(f"{address}/readyz") == 200, process)
        yield address, process, log
    finally:
        stop(process)


def test_granian_signs_people_in_and_counts_over_its_processes(
    portico: Portico, postgres: Postgres, node: tuple[str, "subprocess.Popen[bytes]", Path]
) -> None:
    address, _process, log = node
    for _ in range(6):
        with requests.Session() as browser:
            assert signing_in(portico, ALICE, at=address)(browser) == 303
    counted = requests.get(f"{address}/metrics", timeout=30).text
    assert 'portico_sign_ins_total{reason="",result="admitted"} 6.0' in counted
    with psycopg.connect(f"{postgres.url}/portico") as connection:
        assert connection.execute("SELECT DISTINCT ip_address FROM session").fetchall() == [("127.0.0.1",)]
    assert "code=" not in log.read_text(), "no log has a URL with its query"


def is_closed(error: requests.ConnectionError) -> bool:
    """Whether a connection that had arrived was closed before its request was read, as the guide says."""
    return "without response" in str(error) or "reset by peer" in str(error)


def test_granian_finishes_its_requests_when_it_stops(
    portico: Portico, node: tuple[str, "subprocess.Popen[bytes]", Path]
) -> None:
    address, process, _log = node
    outcomes: list[int | str] = []
    started = threading.Semaphore(0)

    def visit() -> None:
        while True:
            started.release()
            try:
                response = requests.get(f"{address}/login/contoso", headers=host(portico), timeout=30)
            except requests.ConnectionError as error:
                outcomes.append(
                    "refused" if "refused" in str(error) else "not read" if is_closed(error) else repr(error)
                )
                return
            outcomes.append(response.status_code)

    visitors = [threading.Thread(target=visit) for _ in range(4)]
    for visitor in visitors:
        visitor.start()
    for _ in range(REQUESTS):
        started.acquire()
    process.send_signal(signal.SIGTERM)
    for visitor in visitors:
        visitor.join()
    assert process.wait(30) == 0
    assert set(outcomes) - {"not read"} == {200, "refused"}, "each request is answered or can be repeated elsewhere"
