"""Portico as in production: gunicorn, the worker and the sandbox directory, each a separate process."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from app.settings import new_key
from tests.directory import Account, Directory
from tests.ports import free_port

ROOT = Path(__file__).parent.parent.parent
BIN = Path(sys.executable).parent
READY_SECONDS = 60


@dataclass
class Portico:
    """The application on a free port of this machine, with its own database."""

    folder: Path
    directory: Directory
    port: int = field(default_factory=free_port)
    application_port: int = field(default_factory=free_port)
    """That of the demo's application."""
    example_port: int = field(default_factory=free_port)
    """That of an example of the guides that wants to hear of sign-outs."""
    web: subprocess.Popen[bytes] | None = None
    worker: subprocess.Popen[bytes] | None = None
    last_audit_entry: str = ""
    """The newest one when the test started."""

    def __post_init__(self) -> None:
        self.base_url = f"http://localhost:{self.port}"
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),  # this tree, even if the virtual environment was made for another
            "BASE_URL": self.base_url,
            "SECRET_KEY": new_key(),
            "ENCRYPTION_KEYS": new_key(),
            "DATABASE_URL": f"sqlite:///{self.folder / 'portico.db'}",
            "MICROSOFT_CLOUD": "sandbox",
            "SANDBOX_PORT": str(self.directory.port),
            "DATAVERSE_HOSTS": f"localhost:{self.directory.port}",
            "APPLICATION_HOSTS": f"localhost:{self.application_port},127.0.0.1:{self.example_port}",
            "WEB_CONCURRENCY": "1",
        }

    def open(self, companies: dict[str, Any], **environment: str) -> None:
        """Creates and fills the database, and starts the application and its worker."""
        file = self.folder / "companies.json"
        file.write_text(json.dumps(companies))
        self.environment |= environment
        for arguments in (("db", "upgrade"), ("companies", "apply", str(file))):
            self.flask(*arguments)
        self.web = self.start_node(self.port)
        self.worker = self.start_worker()

    def close(self) -> None:
        stop(*(process for process in (self.web, self.worker) if process))

    def flask(self, *arguments: str) -> str:
        """Runs a command of the application; returns its output."""
        done = subprocess.run(
            [BIN / "flask", *arguments], cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def restart(self) -> None:
        """Stops and starts the application, as at an upgrade."""
        assert self.web
        stop(self.web)
        self.web = self.start_node(self.port)

    def start_node(self, port: int) -> subprocess.Popen[bytes]:
        """A node of the application: same settings and database, its own port."""
        node = self._start(f"web-{port}", "gunicorn", "wsgi:app", PORT=str(port))
        try:
            until(lambda: status_of(f"http://127.0.0.1:{port}/readyz") == 200, node)
        except AssertionError as failure:
            failure.add_note((self.folder / f"web-{port}.log").read_text())
            raise
        return node

    def start_worker(self, **environment: str) -> subprocess.Popen[bytes]:
        return self._start("worker", "flask", "worker", **environment)

    def register_application(self, *, secret: str | None = None, **described: Any) -> None:
        """Registers an application as operators do, or changes it."""
        if secret:
            described["client_secret_env"] = "APPLICATION_SECRET"
            self.environment["APPLICATION_SECRET"] = secret
        file = self.folder / "applications.json"
        file.write_text(json.dumps({"companies": [], "applications": [described]}))
        self.flask("companies", "apply", str(file))

    def register(self) -> None:
        """Registers the redirect URIs, as an admin would at Microsoft: each connection's, for both platforms."""
        for public_id, tenant, client_id in self.rows(
            "SELECT public_id, tenant, client_id FROM connection_draft JOIN entra_app ON entra_app.id = entra_app_id"
        ):
            address = f"{self.base_url}/auth/{public_id}"
            self.directory.register(tenant, client_id, web=[f"{address}/callback"], spa=[f"{address}/popup"])

    def forget_people(self) -> None:
        """Restores the state after `open`, except for the audit log, which only grows. Changes no tables or triggers:
        other processes use them.
        """
        ((self.last_audit_entry,),) = self.rows("SELECT coalesce(max(id), '') FROM audit_entry")
        self.change("DELETE FROM session")
        self.change("DELETE FROM person WHERE oid IS NOT NULL")
        self.change("DELETE FROM avatar")

    def give_role(self, account: Account, role: str) -> None:
        self.change("UPDATE person SET role = ? WHERE oid = ?", role, account.oid)

    def person_path(self, account: Account) -> str:
        ((number,),) = self.rows("SELECT id FROM person WHERE oid = ?", account.oid)
        return f"/people/{number[:8]}-{number[8:12]}-{number[12:16]}-{number[16:20]}-{number[20:]}"

    def refusals(self) -> list[Any]:
        """The details of the sign-ins that failed since `forget_people`."""
        return [
            detail
            for (detail,) in self.rows(
                "SELECT detail FROM audit_entry WHERE event = 'sign_in.refused' AND id > ? ORDER BY id",
                self.last_audit_entry,
            )
        ]

    def rows(self, sql: str, *values: str) -> list[Any]:
        with closing(sqlite3.connect(self.folder / "portico.db", timeout=15)) as database:
            return database.execute(sql, values).fetchall()

    def change(self, sql: str, *values: str) -> None:
        with closing(sqlite3.connect(self.folder / "portico.db", timeout=15)) as database, database:
            database.execute(sql, values)

    def _start(self, name: str, program: str, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [BIN / program, *arguments],
                cwd=ROOT,
                env={**self.environment, **environment},
                stdout=log,
                stderr=log,
                process_group=0,  # to be killed with all its processes at once
            )


@contextmanager
def serving(address: str, *command: str | Path, folder: Path, environment: dict[str, str], log: Path) -> Iterator[None]:
    """Runs an application inside the block, which begins when it answers at its address."""
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,  # esbuild stops serving when it ends
            stdout=output,
            stderr=output,
        ) as process,
    ):
        try:
            until(lambda: 0 < status_of(address) < 500, process)
            yield
        except BaseException as failure:
            failure.add_note(log.read_text())
            raise
        finally:
            stop(process)


def stop(*processes: subprocess.Popen[bytes]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait(30)


def until(condition: Callable[[], bool], process: subprocess.Popen[bytes] | None = None) -> None:
    """Waits for a condition; fails on a timeout or if the given process has ended."""
    deadline = time.monotonic() + READY_SECONDS
    while not condition():
        assert process is None or process.poll() is None, "the process has ended"
        assert time.monotonic() < deadline, "timed out"
        time.sleep(0.05)


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def status_of(url: str, **options: Any) -> int:
    """The status of the response, or 0 if there is none: a server that starts may also accept and say nothing."""
    try:
        return requests.get(url, timeout=10, allow_redirects=False, **options).status_code
    except requests.RequestException:
        return 0
