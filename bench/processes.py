"""The measured processes and their resource usage according to the kernel."""

import base64
import itertools
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import requests
import trustme

from tests.ports import free_port

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
LOG = "processes.log"
READY_SECONDS = 120
COMPANIES = {
    "companies": [
        {
            "code": "contoso",
            "name": "Contoso",
            "note": "Use your Contoso account. Questions: https://it.contoso.example",
            "connections": [
                {
                    "title": "Contoso staff",
                    "tenant": "11111111-1111-4111-8111-111111111111",
                    "client_id": "22222222-2222-4222-8222-222222222222",
                    "client_secret": "contoso-sandbox-secret-value",
                }
            ],
        }
    ]
}
CLOCK_HZ = os.sysconf("SC_CLK_TCK")
REDIS_DATABASES = itertools.count(15)
"""Another database for each `Bench`, so that their workers don't run each other's tasks."""


@dataclass
class Tree:
    """A process with its children."""

    pid: int
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def pids(self) -> list[int]:
        found = [self.pid]
        for pid in found:
            # A process may end meanwhile.
            with suppress(FileNotFoundError, ProcessLookupError):
                for task in Path(f"/proc/{pid}/task").iterdir():
                    found += map(int, (task / "children").read_text().split())
        return found

    def cpu_seconds(self) -> float:
        """User and system time of all processes so far, including ended children."""
        jiffies = 0
        for pid in self.pids():
            with suppress(FileNotFoundError, ProcessLookupError):
                # The second field is a name in parentheses, which may contain anything.
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                jiffies += sum(map(int, fields[11:15]))
        return jiffies / CLOCK_HZ

    def megabytes(self) -> float:
        """Resident memory of the largest of the processes."""
        return max(_resident(pid) for pid in self.pids()) / 1024

    def pin(self, core: int) -> None:
        """Pins its threads, and threads that they start, to one core."""
        for pid in self.pids():
            for task in Path(f"/proc/{pid}/task").iterdir():
                os.sched_setaffinity(int(task.name), {core})

    def stop(self) -> None:
        assert self.process
        self.process.terminate()
        self.process.wait(30)


@dataclass
class Bench:
    """The environment of one measurement: a database, a queue, a sandbox directory, and the started processes."""

    folder: Path
    over_tls: bool = False
    """Whether the sandbox directory speaks TLS, with a certificate of a CA made for this measurement."""
    started: list[Tree] = field(default_factory=list)

    def __post_init__(self) -> None:
        server = os.environ.get("TEST_POSTGRES_URL")
        if not server:
            sys.exit("PostgreSQL is missing; run this through `make bench`")
        self.database = f"portico_bench_{secrets.token_hex(4)}"
        self.server_url = server.replace("+psycopg", "")
        with psycopg.connect(f"{self.server_url}/postgres", autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{self.database}"')
        self.port, self.sandbox_port = free_port(), free_port()
        self.base_url = f"http://localhost:{self.port}"
        self.redis_url = f"{os.environ['TEST_REDIS_URL']}/{next(REDIS_DATABASES)}"
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "BASE_URL": self.base_url,
            "SECRET_KEY": secrets.token_urlsafe(32),
            "ENCRYPTION_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "DATABASE_URL": f"{server}/{self.database}",
            "REDIS_URL": self.redis_url,
            "MICROSOFT_CLOUD": "sandbox",
            "SANDBOX_PORT": str(self.sandbox_port),
            "PORT": str(self.port),
            "WEB_CONCURRENCY": "2",
            "LOG_LEVEL": "WARNING",
        }
        self.trust = str(self.folder / "trust.pem")
        self.directory_url = f"http://localhost:{self.sandbox_port}"
        if self.over_tls:
            self._make_certificate()
            self.directory_url = f"https://localhost:{self.sandbox_port}"
            self.environment |= {
                "MICROSOFT_CLOUD": "custom",
                "ENTRA_AUTHORITY": self.directory_url,
                "GRAPH_URL": self.directory_url,
                "REQUESTS_CA_BUNDLE": self.trust,
            }

    def _make_certificate(self) -> None:
        authority = trustme.CA()
        certificate = authority.issue_cert("localhost")
        authority.cert_pem.write_to_path(self.trust)
        certificate.cert_chain_pems[0].write_to_path(str(self.folder / "chain.pem"))
        certificate.private_key_pem.write_to_path(str(self.folder / "key.pem"))

    def close(self) -> None:
        for tree in reversed(self.started):
            tree.stop()
        with psycopg.connect(f"{self.server_url}/postgres", autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{self.database}" WITH (FORCE)')

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(f"{self.server_url}/{self.database}", autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def flask(self, *arguments: str) -> str:
        """What the command prints; ends the process with its error if it fails."""
        done = subprocess.run(  # noqa: S603 - our own command
            [BIN / "flask", *arguments], cwd=ROOT, env=self.environment, check=False, capture_output=True, text=True
        )
        if done.returncode:
            sys.exit(done.stderr)
        return done.stdout

    def fill(self) -> None:
        """Creates the tables and Contoso."""
        self.flask("db", "upgrade")
        file = self.folder / "companies.json"
        file.write_text(json.dumps(COMPANIES))
        self.flask("companies", "apply", str(file))

    def callback(self, public_id: str) -> str:
        """A connection's redirect URI."""
        return f"{self.base_url}/auth/{public_id}/callback"

    def register(self, tenant: str, client_id: str, public_ids: list[str], people: list[str]) -> None:
        """Registers redirect URIs as an admin would at Microsoft, and adds people with photos."""
        self.register_redirect_uris(tenant, client_id, [self.callback(public_id) for public_id in public_ids])
        for number, oid in enumerate(people):
            upn = f"person{number}@contoso.example"
            person = {"name": f"Person {number}", "upn": upn, "mail": upn, "title": "Clerk", "photo": "drawn"}
            self._put(f"{tenant}/people/{oid}", person)

    def register_redirect_uris(self, tenant: str, client_id: str, uris: list[str]) -> None:
        """Replaces the redirect URIs of an application at the directory."""
        self._put(f"{tenant}/applications/{client_id}", {"redirect_uris": {"web": uris, "spa": []}})

    def _put(self, path: str, body: dict[str, Any]) -> None:
        url = f"{self.directory_url}/sandbox/api/tenants/{path}"
        requests.put(url, json=body, verify=self._verify, timeout=10).raise_for_status()

    @property
    def _verify(self) -> str | bool:
        return self.trust if self.over_tls else True

    def postgres(self) -> "Tree":
        """PostgreSQL's own processes."""
        with psycopg.connect(f"{self.server_url}/{self.database}") as connection:
            status = Path(f"/proc/{connection.info.backend_pid}/status").read_text()
        return Tree(int(status.split("PPid:")[1].split()[0]))

    def sandbox(self) -> Tree:
        files = ["--certificate", self.folder / "chain.pem", "--key", self.folder / "key.pem"] if self.over_tls else []
        command = [BIN / "python", "-m", "sandbox", "--port", self.sandbox_port, *files]
        tree = self._start(command, self.sandbox_port)
        self.wait_for(f"{self.directory_url}/sandbox/api/drills")
        return tree

    def web(self) -> Tree:
        return self._node(self.port)

    def another_node(self) -> Tree:
        """Another node of the same installation, as behind a proxy."""
        return self._node(free_port())

    def _node(self, port: int) -> Tree:
        tree = self._start([BIN / "gunicorn", "wsgi:app"], port, PORT=str(port))
        self.wait_for(f"http://127.0.0.1:{port}/readyz")
        return tree

    def hello(self) -> Tree:
        port = free_port()
        tree = self._start([BIN / "gunicorn", "bench.hello:app"], port, PORT=str(port))
        self.wait_for(f"http://127.0.0.1:{port}/")
        return tree

    def worker(self) -> Tree:
        return self._start([BIN / "flask", "worker"], 0)

    def start_peer(self, command: Sequence[str], port: int, folder: Path, **environment: str) -> Tree:
        """What Portico is compared with, in the folder with its lock file; none of our environment."""
        bind = {"GUNICORN_CMD_ARGS": f"--bind 127.0.0.1:{port}", "PORT": str(port)}
        return self._run(command, port, folder, environment | bind)

    def _start(self, command: Sequence[object], port: int, **environment: str) -> Tree:
        return self._run([str(part) for part in command], port, ROOT, self.environment | environment)

    def _run(self, command: Sequence[str], port: int, folder: Path, environment: dict[str, str]) -> Tree:
        with (self.folder / LOG).open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - our own programs
                command, cwd=folder, env=environment, stdout=log, stderr=log
            )
        tree = Tree(process.pid, port, process)
        self.started.append(tree)
        return tree

    def wait_for(self, url: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            try:
                if requests.get(url, verify=self._verify, timeout=5).status_code == 200:
                    return
            except requests.RequestException:
                pass
            time.sleep(0.1)
        log_text = (self.folder / LOG).read_text()[-3000:]
        sys.exit(f"{log_text}\n{url} did not answer within {READY_SECONDS} seconds")


def _resident(pid: int) -> int:
    line = next(one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if one.startswith("VmRSS"))
    return int(line.split()[1])
