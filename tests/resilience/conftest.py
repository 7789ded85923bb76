"""Portico with its own PostgreSQL and Redis, which tests may stop. Heavy, so one worker runs all tests."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
import redis
from psycopg import sql

from tests import cast
from tests.conftest import without
from tests.directory import Directory
from tests.e2e.processes import BIN, ROOT, Portico, until
from tests.ports import free_port

HERE = Path(__file__).parent
TIMEOUT_SECONDS = 180


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("resilience"))
            item.add_marker(pytest.mark.timeout(TIMEOUT_SECONDS))


def doctor(portico: Portico) -> list[str]:
    """All findings. For a minute after a test emptied Redis, it finds no worker."""
    return subprocess.run(
        [BIN / "flask", "doctor"], cwd=ROOT, env=portico.environment, capture_output=True, text=True, check=False
    ).stdout.splitlines()


@dataclass
class Postgres:
    """A server for these tests."""

    binaries: Path
    folder: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    def __post_init__(self) -> None:
        # PostgreSQL refuses to run as root.
        self.user = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
        if self.user:
            subprocess.run(["chown", "postgres", self.folder], check=True)
        arguments = ["-D", str(self.folder / "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
        self._run("initdb", *arguments)

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}"

    def start(self) -> None:
        arguments = ["-D", self.folder / "data", "-p", str(self.port), "-h", "127.0.0.1", "-k", self.folder]
        quick = ["-c", "fsync=off", "-c", "synchronous_commit=off"]
        self.process = subprocess.Popen(
            [self.binaries / "postgres", *arguments, *quick],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **self.user,  # type: ignore[call-overload] # none or both
        )
        until(self._answers, self.process)

    def stop(self) -> None:
        """Stops immediately, like a crashing machine: connections are cut."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(2)
            self.process.wait(30)

    def make(self, name: str) -> str:
        with psycopg.connect(f"{self.url}/postgres", autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return f"{self.url}/{name}"

    def _run(self, program: str, *arguments: "str | Path") -> None:
        subprocess.run(
            [self.binaries / program, *arguments],
            check=True,
            capture_output=True,
            **self.user,  # type: ignore[call-overload]
        )

    def _answers(self) -> bool:
        with suppress(psycopg.OperationalError):
            psycopg.connect(f"{self.url}/postgres", connect_timeout=2).close()
            return True
        return False


@dataclass
class RedisServer:
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        arguments = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(["redis-server", *arguments], stdout=subprocess.DEVNULL)
        until(self._answers, self.process)

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(30)

    def _answers(self) -> bool:
        with suppress(redis.RedisError), redis.Redis.from_url(self.url) as client:
            return bool(client.ping())
        return False


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not found:
        without("PostgreSQL")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        server = Postgres(found[-1], Path(folder))
        server.start()
        yield server
        server.stop()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    if not os.environ.get("TEST_REDIS_URL"):
        without("Redis")
    server = RedisServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def running(
    directory_process: Directory,
    postgres: Postgres,
    redis_server: RedisServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Portico]:
    started = Portico(tmp_path_factory.mktemp("resilience"), directory_process)
    database = postgres.make("portico").replace("postgresql://", "postgresql+psycopg://")
    started.open(cast.COMPANIES, DATABASE_URL=database, REDIS_URL=redis_server.url, WEB_CONCURRENCY="2")
    yield started
    started.close()


@pytest.fixture
def portico(running: Portico, directory: Directory, postgres: Postgres) -> Portico:
    """Running, registered in the directory, and without people."""
    with psycopg.connect(f"{postgres.url}/portico", autocommit=True) as connection:
        # The audit log can't be changed otherwise; this acts with the rights of the database server's owner.
        connection.execute("SET session_replication_role = replica")
        for table in ("session", "audit_open", "audit_chain", "audit_entry", "audit_head"):
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
        connection.execute("DELETE FROM person WHERE oid IS NOT NULL")
        rows = connection.execute(
            "SELECT public_id, tenant, client_id FROM connection_draft JOIN entra_app ON entra_app.id = entra_app_id"
        ).fetchall()
    for public_id, tenant, client_id in rows:
        directory.register(tenant, client_id, web=[f"{running.base_url}/auth/{public_id}/callback"])
    return running
