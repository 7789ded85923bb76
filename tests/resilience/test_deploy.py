"""The files in deploy/ that no other test runs: systemd's units and Caddy's configuration."""

import json
import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest
import requests

from app.settings import ROOT, new_key
from tests.conftest import without
from tests.e2e.processes import BIN, Portico, status_of, stop, until
from tests.ports import free_port
from tests.resilience.load import host

DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
START_SECONDS = 60
SECRET_PATHS = (
    *("/invitation?key=in-the-query", "/invitation/in-the-path", "/setup/in-the-path", "/account/confirm/in-the-path/"),
    *("/auth/unknown/callback?code=in-the-query", "/nowhere/in-the-path?a=in-the-query"),
    *("/static/in-the-path.js", "/static/manifest.json"),
    "/login/contoso/reset?key=in-the-query",
)


def command_of(unit: str) -> list[str]:
    """The unit's command, in this checkout."""
    (line,) = [line for line in (DEPLOY / unit).read_text().splitlines() if line.startswith("ExecStart=")]
    return line.removeprefix("ExecStart=").replace("/srv/portico/.venv/bin", str(BIN)).split()


def test_node_notifies_systemd_and_logs_the_company_of_each_request(portico: Portico, tmp_path: Path) -> None:
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
            for path in ("/login/contoso", "/login/unknown", "/%22%5C%0A%7B%22access%22:%22%22%7D", *SECRET_PATHS):
                requests.get(f"http://127.0.0.1:{port}{path}", headers=host(portico), timeout=START_SECONDS)
            until(lambda: accesses.read_text().count("\n") >= 3 + len(SECRET_PATHS), node)
        finally:
            stop(node)
    lines = [json.loads(line) for line in accesses.read_text().splitlines()]
    logged = [(line["access"], line["status"], len(line["company"])) for line in lines]
    assert ("GET /login/<code>", 200, 36) in logged
    assert ("GET /login/<code>", 404, 1) in logged
    assert "in-the-" not in accesses.read_text(), "the matched rule is logged, never its values"
    rules = {"/invitation", "/static/<file>", "/login/<code>/reset", "(no such address)"}
    assert {access for access, *_ in logged} >= {f"GET {rule}" for rule in rules}


def test_node_logs_only_json_lines(tmp_path: Path) -> None:
    """The first line warns that limits are not shared."""
    log_file = tmp_path / "node.log"
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
    with log_file.open("wb") as log:
        node = subprocess.Popen(command_of("portico-web.service"), cwd=ROOT, env=environment, stderr=log)
    try:
        until(lambda: log_file.read_text().count("Booting worker") == 2, node)
    finally:
        stop(node)
    events = [json.loads(line)["event"] for line in log_file.read_text().splitlines()]
    assert sum("REDIS_URL" in event for event in events) == 1
    assert events[-1] == "Shutting down: Master"


def test_units_need_no_missing_folder() -> None:
    for unit in UNITS:
        paths = [line.partition("=")[2] for line in unit.read_text().splitlines() if line.startswith("ReadWritePaths")]
        assert paths == ["-/srv/portico/instance"], unit.name


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if not program:
        pytest.skip("systemd is missing")
    for unit in UNITS:
        mine = unit.read_text().replace("/srv/portico/.venv/bin", str(BIN)).replace("/srv/portico", str(ROOT))
        (tmp_path / unit.name).write_text(mine)
    done = subprocess.run(
        [program, "verify", *(tmp_path / unit.name for unit in UNITS)], capture_output=True, text=True, check=False
    )
    warnings = [line for line in done.stderr.splitlines() if "portico" in line]
    assert (len(UNITS), warnings) == (2, [])


def test_caddy_accepts_its_file(tmp_path: Path) -> None:
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


def test_caddy_logs_no_key_code_or_referer(tmp_path: Path) -> None:
    program = shutil.which("caddy")
    if not program:
        without("Caddy")
    port, nowhere, log_file = free_port(), free_port(), tmp_path / "node.log"
    mine = (DEPLOY / "Caddyfile").read_text()
    for given, own in (
        ("app.example.com {", f"http://127.0.0.1:{port} {{"),
        ("127.0.0.1:8000", f"127.0.0.1:{nowhere}"),
        ("lb_try_duration 10s", "lb_try_duration 100ms"),
        ("{\n", "{\n\tadmin off\n"),
    ):
        assert given in mine, given
        mine = mine.replace(given, own, 1)
    (tmp_path / "Caddyfile").write_text(mine)
    with log_file.open("wb") as log:
        caddy = subprocess.Popen(
            [str(program), "run", "--adapter", "caddyfile", "--config", tmp_path / "Caddyfile"],
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
            stdout=log,
            stderr=log,
        )
    referer = {"Referer": "https://app.example.com/login/contoso/reset?key=in-the-referer"}
    try:
        until(lambda: _refused(port, "/invitation?key=in-the-query", referer), caddy)
        for path in (
            "/setup?key=in-the-query",
            "/login/contoso?next=in-the-query",
        ):
            assert _refused(port, path, referer)
        until(lambda: log_file.read_text().count('"/login/contoso"') == 2, caddy)
    finally:
        stop(caddy)
    lines = [json.loads(line) for line in log_file.read_text().splitlines() if '"request"' in line]
    assert {line["logger"].removesuffix(".log0") for line in lines} == {"http.log.access", "http.log.error"}
    assert {line["request"]["uri"] for line in lines} == {"/invitation", "/setup", "/login/contoso"}
    assert "in-the-" not in log_file.read_text()


def _refused(port: int, path: str, headers: dict[str, str]) -> bool:
    """Whether Caddy answers for a missing node."""
    return status_of(f"http://127.0.0.1:{port}{path}", headers=headers) == 502
