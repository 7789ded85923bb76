"""Interrupted migrations, and backups with the commands in docs/operate.md."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
import requests
from psycopg import sql

from tests.cast import ALICE, BOB
from tests.e2e.processes import BIN, ROOT, Portico, stop, until
from tests.ports import free_port
from tests.resilience.conftest import Postgres, doctor
from tests.resilience.load import host, signing_in

HOLD = """
CREATE SCHEMA held;
CREATE SEQUENCE held.commands;
CREATE FUNCTION held.wait() RETURNS event_trigger LANGUAGE plpgsql SET lock_timeout = 0 AS $$
BEGIN
  IF nextval('held.commands') = {number} THEN PERFORM pg_advisory_xact_lock(1); END IF;
END $$;
CREATE EVENT TRIGGER held ON ddl_command_end EXECUTE FUNCTION held.wait()
"""
"""Blocks a migration at the end of its nth schema change while the test holds the lock."""


@pytest.mark.parametrize("number", [1, 20, 40, 60])
def test_migration_killed_halfway_can_be_run_again(portico: Portico, postgres: Postgres, number: int) -> None:
    url = postgres.make(f"migrated_{number}")
    environment = portico.environment | {"DATABASE_URL": url.replace("postgresql://", "postgresql+psycopg://")}
    with psycopg.connect(url, autocommit=True) as holder:
        holder.execute("SELECT pg_advisory_lock(1)")
        holder.execute(sql.SQL(HOLD).format(number=number))
        killed = subprocess.Popen(
            [BIN / "flask", "db", "upgrade"], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL
        )
        # It has started and is in the middle of a transaction.
        until(lambda: _is_held(holder), killed)
        killed.kill()
        killed.wait()
        holder.execute("DROP EVENT TRIGGER held")
    for command in ("upgrade", "check"):
        done = subprocess.run(
            [BIN / "flask", "db", command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


def _is_held(holder: "psycopg.Connection[tuple[object, ...]]") -> bool:
    waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'"
    return holder.execute(waiting).fetchone() is not None


def test_restored_backup_decrypts_secrets_and_keeps_sessions_and_audit_log(
    portico: Portico, postgres: Postgres, tmp_path: Path
) -> None:
    """With the commands in docs/operate.md."""
    with requests.Session() as alice:
        assert [signing_in(portico, account)(alice) for account in (BOB, ALICE)] == [303, 303]
        # The worker numbers the entries within about a second.
        until(lambda: "not numbered" not in portico.flask("audit", "verify"))
        dump = tmp_path / "portico.dump"
        subprocess.run(
            [postgres.binaries / "pg_dump", "--format=custom", f"--file={dump}", f"{postgres.url}/portico"], check=True
        )
        restored = postgres.make("restored")
        subprocess.run(
            [postgres.binaries / "pg_restore", "--exit-on-error", "--no-owner", f"--dbname={restored}", dump],
            check=True,
        )
        there = replace(portico, web=None, worker=None)
        there.environment = portico.environment | {"DATABASE_URL": restored.replace("://", "+psycopg://")}
        assert "OK    keys" in doctor(there)
        verified = there.flask("audit", "verify")
        assert re.search(r"^Contoso: OK, [2-9] entries", verified, re.MULTILINE), verified
        script = (
            "from app import create_app; import sqlalchemy as sa\n"
            "from app.entra_apps.models import ClientCredential; from app.core.database import db\n"
            "create_app().app_context().push()\n"
            "print(sorted(one.secret for one in db.session.scalars(sa.select(ClientCredential))))"
        )
        opened = subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, env=there.environment, capture_output=True, text=True, check=True
        ).stdout
        assert "contoso-sandbox-secret-value" in opened
        assert "fabrikam-sandbox-secret-value" in opened
        port = free_port()
        node = there.start_node(port)
        try:
            account = alice.get(f"http://localhost:{port}/account", headers=host(portico), timeout=30)
        finally:
            stop(node)
        assert (account.status_code, "Adaeze Okonkwo" in account.text) == (200, True)
