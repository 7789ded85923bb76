"""Invalid configuration stops the server and the worker with one line that names the variable."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from app.settings import ROOT, new_key
from tests.conftest import without

SERVER = "import wsgi"
WORKER = "import sys; sys.argv = ['flask', '--app', 'wsgi:app', 'worker']; from flask.cli import main; main()"
MIGRATE = "from app import create_app; from flask_migrate import upgrade; create_app().app_context().push(); upgrade()"


def environment(database_url: str, **more: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "BASE_URL": "http://localhost:5000",
        "SECRET_KEY": new_key(),
        "ENCRYPTION_KEYS": new_key(),
        "DATABASE_URL": database_url,
        "MICROSOFT_CLOUD": "public",
        **more,
    }


def boot(script: str, given: dict[str, str]) -> list[str]:
    """The last lines of a process's output."""
    done = subprocess.run(
        [sys.executable, "-c", script], env=given, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode != 0, done.stdout
    assert "Traceback" not in done.stderr
    return done.stderr.strip().splitlines()


def migrate(url: str) -> None:
    subprocess.run([sys.executable, "-c", MIGRATE], env=environment(url), cwd=ROOT, check=True, capture_output=True)


@pytest.mark.parametrize("script", [SERVER, WORKER], ids=["server", "worker"])
def test_read_only_database_file_is_named_at_startup(tmp_path: Path, script: str) -> None:
    path = tmp_path / "portico.db"
    migrate(f"sqlite:///{path}")
    lines = boot(script, environment(f"sqlite:///file:{path}?mode=ro&uri=true"))
    assert len(lines) == 2
    assert lines[1].startswith("DATABASE_URL: this user can’t write to the database file")


@pytest.mark.parametrize("script", [SERVER, WORKER], ids=["server", "worker"])
@pytest.mark.parametrize("how", ["standby", "grants"])
def test_read_only_database_server_is_named_at_startup(script: str, how: str) -> None:
    server = os.environ.get("TEST_POSTGRES_URL")
    if not server:
        without("PostgreSQL")
    name = f"portico_read_only_{os.getpid()}"
    reader = f"reader_{os.getpid()}"
    with psycopg.connect(f"{str(server).replace('+psycopg', '')}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            url = f"{server}/{name}"
            migrate(url)
            if how == "standby":
                connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
            else:
                connection.execute(f"CREATE ROLE {reader} LOGIN PASSWORD 'reader'")
                url = _as(url, reader)
            lines = boot(script, environment(url))
        finally:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            connection.execute(f"DROP ROLE IF EXISTS {reader}")
    assert lines[1:] == ["DATABASE_URL: this user can only read the database, or the server is read-only"]


def _as(url: str, user: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{user}:{user.partition('_')[0]}@{rest.rpartition('@')[2]}"


@pytest.mark.parametrize("bundle", [str(ROOT), "/nowhere.pem", __file__])
def test_invalid_certificate_bundle_is_named_at_startup(tmp_path: Path, bundle: str) -> None:
    lines = boot(SERVER, environment(f"sqlite:///{tmp_path / 'portico.db'}", REQUESTS_CA_BUNDLE=bundle))
    assert len(lines) == 2
    assert lines[1].startswith("REQUESTS_CA_BUNDLE: names a")
