"""The files of deploy/ that no other test runs: systemd's units and Caddy's."""

import json
import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest
import requests

from app.settings import ROOT, new_key
from tests.browser.processes import BIN, Portico, free_port, stop, until
from tests.conftest import without
from tests.survival.load import host

DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
START_SECONDS = 60


def command_of(unit: str) -> list[str]:
    """What the unit runs, in this clone."""
    (line,) = [line for line in (DEPLOY / unit).read_text().splitlines() if line.startswith("ExecStart=")]
    return line.removeprefix("ExecStart=").replace("/srv/portico/.venv/bin", str(BIN)).split()


def test_systemd_is_told_when_a_node_is_ready_and_each_access_names_its_company(
    portico: Portico, tmp_path: Path
) -> None:
    assert "Type=notify" in (DEPLOY / "portico-web.service").read_text()
    port, accesses = free_port(), tmp_path / "access.log"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(START_SECONDS)
        environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "PORT": str(port)}
        node = subprocess.Popen(
            [*command_of("portico-web.service"), "--access-logfile", accesses],
            cwd=ROOT,
            env=portico.environment | environment,
            stderr=subprocess.DEVNULL,
        )
        try:
            assert systemd.recv(1024).startswith(b"READY=1")
            for path in ("/login/contoso", "/login/nobody", "/%22%5C%0A%7B%22access%22:%22%22%7D"):
                requests.get(f"http://127.0.0.1:{port}{path}", headers=host(portico), timeout=START_SECONDS)
            until(lambda: accesses.read_text().count("\n") == 3, node)
        finally:
            stop(node)
    known, unknown, odd = [json.loads(line) for line in accesses.read_text().splitlines()]
    assert (known["access"], known["status"], len(known["company"])) == ("GET /login/contoso", 200, 36)
    assert (unknown["access"], unknown["status"], unknown["company"]) == ("GET /login/nobody", 404, "-")
    assert odd["access"] == "GET /%22%5C%0A%7B%22access%22%3A%22%22%7D"


def test_all_that_a_node_says_of_itself_is_a_line_of_json(tmp_path: Path) -> None:
    """And what it says first: that limits are not shared."""
    said = tmp_path / "said.log"
    environment = {
        "PATH": os.environ["PATH"],
        "BASE_URL": "https://app.example.com",
        "SECRET_KEY": new_key(),
        "ENCRYPTION_KEYS": new_key(),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'portico.db'}",
        "WEB_CONCURRENCY": "2",
        "PORT": str(free_port()),
    }
    subprocess.run([BIN / "flask", "db", "upgrade"], cwd=ROOT, env=environment, check=True, capture_output=True)
    with said.open("wb") as log:
        node = subprocess.Popen(command_of("portico-web.service"), cwd=ROOT, env=environment, stderr=log)
    try:
        until(lambda: said.read_text().count("Booting worker") == 2, node)
    finally:
        stop(node)
    events = [json.loads(line)["event"] for line in said.read_text().splitlines()]
    assert sum("REDIS_URL" in event for event in events) == 1
    assert events[-1] == "Shutting down: Master"


def test_the_units_need_no_folder_that_nobody_makes() -> None:
    for unit in UNITS:
        paths = [line.partition("=")[2] for line in unit.read_text().splitlines() if line.startswith("ReadWritePaths")]
        assert paths == ["-/srv/portico/instance"], unit.name


def test_systemd_understands_the_units(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if not program:
        pytest.skip("systemd is missing")
    for unit in UNITS:
        mine = unit.read_text().replace("/srv/portico/.venv/bin", str(BIN)).replace("/srv/portico", str(ROOT))
        (tmp_path / unit.name).write_text(mine)
    done = subprocess.run(
        [program, "verify", *(tmp_path / unit.name for unit in UNITS)], capture_output=True, text=True, check=False
    )
    complaints = [line for line in done.stderr.splitlines() if "portico" in line]
    assert (len(UNITS), complaints) == (2, [])


def test_caddy_understands_its_file(tmp_path: Path) -> None:
    program = shutil.which("caddy")
    if not program:
        without("Caddy")
    done = subprocess.run(
        [str(program), "validate", "--adapter", "caddyfile", "--config", DEPLOY / "Caddyfile"],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
