"""`flask doctor` on a valid setup and on broken ones: each fault by name, with a hint on how to fix it."""

import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import time_machine
from flask import Flask

from app.cli import doctor
from app.cli.doctor import Outcome
from app.core import tasks
from app.core.database import db
from app.settings import ROOT, new_key
from tests import directory as seed
from tests.cast import Cast
from tests.conftest import without
from tests.directory import Directory
from tests.mail_server import start_mail_server

Examine = Callable[..., tuple[int, dict[str, str]]]
Run = Callable[..., tuple[int, list[tuple[str, str, str]]]]
DOCTOR = "from app.cli.commands import doctor; doctor()"
MIGRATE = "from app import create_app; from flask_migrate import upgrade; create_app().app_context().push(); upgrade()"
FILL = """
from app import create_app
from app.core import tasks
from app.cli.companies_file import actions
from app.cli.companies_file.schema import CompaniesFile
from app.core.unit_of_work import unit_of_work
from tests.cast import COMPANIES
create_app().app_context().push()
tasks.heartbeat()
with unit_of_work():
    actions.apply(CompaniesFile.model_validate(COMPANIES))
"""


@pytest.fixture
def environment(tmp_path: Path, directory: Directory) -> dict[str, str]:
    """A valid setup on this machine, except for mail."""
    made = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "BASE_URL": "http://localhost:5000",
        "SECRET_KEY": new_key(),
        "ENCRYPTION_KEYS": new_key(),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'portico.db'}",
        "MICROSOFT_CLOUD": "sandbox",
        "SANDBOX_PORT": str(directory.port),
    }
    for script in (MIGRATE, FILL):
        subprocess.run([sys.executable, "-c", script], env=made, cwd=ROOT, check=True, capture_output=True)
    return made


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    """Runs the command with these changes; returns its exit code and outcome, name and text of each finding."""

    def run(**changed: str) -> tuple[int, list[tuple[str, str, str]]]:
        done = subprocess.run(
            [sys.executable, "-c", DOCTOR],
            env=environment | changed,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        found = re.findall(r"^(OK  |WARN|FAIL|SKIP)  (\w+)(?:: (.*))?$", done.stdout, re.MULTILINE)
        assert found, done.stderr
        assert len(found) == len(done.stdout.splitlines())
        return done.returncode, [(outcome.strip(), name, text) for outcome, name, text in found]

    return run


@pytest.fixture
def examine(run: Run) -> Examine:
    """Returns the exit code and the faults by name."""

    def examine(**changed: str) -> tuple[int, dict[str, str]]:
        code, found = run(**changed)
        return code, {name: text for outcome, name, text in found if outcome == "FAIL"}

    return examine


def test_all_settings_errors_are_reported_at_once(run: Run) -> None:
    code, found = run(PORT="x", BASE_URL="http://app.example.com", LOG_LEVEL="LOUD", SMTP_URL="smtp://mail.example.com")
    faults = [text.partition(":")[0] for outcome, name, text in found if (outcome, name) == ("FAIL", "settings")]
    assert (code, sorted(faults)) == (1, ["BASE_URL", "LOG_LEVEL", "MAIL_FROM", "MICROSOFT_CLOUD", "PORT"])
    assert {outcome for outcome, name, _ in found if name != "settings"} == {"SKIP"}
    assert [name for _, name, _ in found if name != "settings"] == [name for name, _ in doctor.CHECKS]


def test_warning_does_not_fail_doctor(run: Run, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "portico.db", isolation_level=None)) as database:
        database.execute("UPDATE alembic_version SET version_num = 'a-newer-one'")
    code, found = run()
    assert (code, [(outcome, name) for outcome, name, _ in found if outcome != "OK"]) == (0, [("WARN", "migrations")])


def test_empty_database_fails_once_and_skips_checks_of_its_tables(run: Run, tmp_path: Path) -> None:
    code, found = run(DATABASE_URL=f"sqlite:///{tmp_path / 'empty.db'}")
    outcomes = {name: outcome for outcome, name, _ in found}
    assert code == 1
    assert [outcomes[name] for name in ("database", "migrations", "keys", "directory")] == [
        "OK",
        "FAIL",
        "SKIP",
        "SKIP",
    ]
    assert not any("Error" in text for _, _, text in found)


def test_missing_database_folder_is_reported(run: Run, tmp_path: Path) -> None:
    code, found = run(DATABASE_URL=f"sqlite:///{tmp_path / 'nowhere' / 'portico.db'}")
    assert code == 1
    assert found[0][:2] == ("FAIL", "settings")
    assert "create its folder" in found[0][2]
    assert {outcome for outcome, _, _ in found[1:]} == {"SKIP"}


def test_valid_setup_passes(examine: Examine) -> None:
    with start_mail_server() as mail_server:
        assert examine(SMTP_URL=mail_server.url, MAIL_FROM="portico@sender.example") == (0, {})


def test_half_configured_settings_are_reported(examine: Examine) -> None:
    code, faults = examine(MICROSOFT_CLOUD="public", BASE_URL="http://app.example.com")
    assert code == 1
    assert "BASE_URL: must be https" in faults["settings"]


def test_unreachable_database_is_reported(examine: Examine) -> None:
    code, faults = examine(DATABASE_URL="postgresql+psycopg://portico:a-password@127.0.0.1:1/portico")
    assert (code, list(faults)) == (1, ["database"])
    assert "DATABASE_URL" in faults["database"]
    assert "a-password" not in faults["database"]


def test_unmigrated_database_is_reported(examine: Examine, tmp_path: Path) -> None:
    code, faults = examine(DATABASE_URL=f"sqlite:///{tmp_path / 'empty.db'}")
    assert code == 1
    assert faults["migrations"] == "run `flask db upgrade`"


def test_database_user_without_extension_rights_is_reported(examine: Examine) -> None:
    """Also before the migrations, which would fail."""
    server = os.environ.get("TEST_POSTGRES_URL")
    if not server:
        without("PostgreSQL")
    with psycopg.connect(f"{str(server).replace('+psycopg', '')}/postgres", autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS portico_doctor WITH (FORCE)")
        connection.execute("DROP ROLE IF EXISTS portico_doctor")
        connection.execute("CREATE ROLE portico_doctor LOGIN")
        connection.execute("CREATE DATABASE portico_doctor")
    url = f"{str(server).replace('postgres@', 'portico_doctor@')}/portico_doctor"
    assert "CREATE EXTENSION pg_trgm;" in examine(DATABASE_URL=url)[1]["search"]
    with psycopg.connect(f"{str(server).replace('+psycopg', '')}/portico_doctor", autocommit=True) as connection:
        connection.execute("CREATE EXTENSION pg_trgm")
    assert "CREATE EXTENSION btree_gin;" in examine(DATABASE_URL=url)[1]["search"]
    with psycopg.connect(f"{str(server).replace('+psycopg', '')}/portico_doctor", autocommit=True) as connection:
        connection.execute("ALTER DATABASE portico_doctor OWNER TO portico_doctor")
    assert "search" not in examine(DATABASE_URL=url)[1]


def test_outdated_sqlite_is_reported(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with app.app_context():
        if db.engine.dialect.name != "sqlite":
            pytest.skip("about SQLite")
        assert doctor._search() == doctor.OK
        monkeypatch.setattr(doctor, "OLDEST_SQLITE", (99,))
        outcome, text = doctor._search()
        assert outcome is doctor.Outcome.FAILED
        assert "is too old; use 3.34 or newer, or PostgreSQL" in text


def test_newer_database_version_passes(examine: Examine, tmp_path: Path) -> None:
    """As during every upgrade. Missing one of the code's own migrations as well is a failure."""
    with closing(sqlite3.connect(tmp_path / "portico.db", isolation_level=None)) as database:
        database.execute("UPDATE alembic_version SET version_num = 'a-newer-one'")
        assert examine() == (0, {})
        database.execute("INSERT INTO alembic_version VALUES ('0001')")
    assert examine()[1]["migrations"] == "run `flask db upgrade`"


def test_encryption_key_removed_too_early_is_reported(examine: Examine) -> None:
    code, faults = examine(ENCRYPTION_KEYS=new_key())
    assert (code, list(faults)) == (1, ["keys"])
    assert "add it after the newest" in faults["keys"]


def test_key_that_only_another_domains_secret_needs_is_reported(examine: Examine, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "portico.db", isolation_level=None)) as database:
        database.execute(
            "INSERT INTO crm_connection (id, created_at, company_id, entra_app_id, environment, refresh_token_sealed)"
            " SELECT id, created_at, (SELECT id FROM company LIMIT 1), id, '', 'v1.removed1.x' FROM entra_app LIMIT 1"
        )
    assert examine()[1]["keys"].startswith("ENCRYPTION_KEYS is missing removed1,")


def test_unreachable_redis_is_reported(examine: Examine) -> None:
    code, faults = examine(REDIS_URL="redis://127.0.0.1:1/0")
    assert (code, list(faults)) == (1, ["queue"])
    assert "REDIS_URL" in faults["queue"]


def test_missing_worker_is_reported(examine: Examine, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "portico.db.queue", isolation_level=None)) as kept:
        kept.execute("DELETE FROM kv")
    code, faults = examine()
    assert (code, list(faults)) == (1, ["worker"])
    assert "start `flask worker`" in faults["worker"]


def test_worker_stopped_long_ago_is_reported_with_its_downtime(app: Flask) -> None:
    with app.app_context():
        with time_machine.travel(time.time() - 3600):
            tasks.heartbeat()
        assert doctor._worker() == (Outcome.FAILED, "no worker has been running for 60 minutes; start `flask worker`")
        tasks.heartbeat()
        assert doctor._worker() == doctor.OK


def test_clock_is_compared_with_tenants_in_use(cast: Cast) -> None:
    """Not every cloud has `common`."""
    cast.directory.forget_requests()
    with cast.app.app_context():
        assert (doctor._directory(), doctor._clock()) == (doctor.OK, doctor.OK)
    asked = [one["path"] for one in cast.directory.requests()]
    assert len(asked) == 2
    assert all(path.startswith((f"/{seed.CONTOSO}/", f"/{seed.FABRIKAM}/")) for path in asked)


def test_unreachable_mail_server_is_reported(examine: Examine) -> None:
    code, faults = examine(SMTP_URL="smtp://127.0.0.1:1", MAIL_FROM="portico@sender.example")
    assert (code, list(faults)) == (1, ["email"])


def test_unreachable_directory_is_reported(examine: Examine, directory: Directory) -> None:
    code, faults = examine(SANDBOX_PORT="1")
    assert code == 1
    assert "MICROSOFT_CLOUD" in faults["directory"]
    assert seed.CONTOSO_SECRET not in str(faults)
