"""Migrations that are cut, and backups: with the commands that docs/operate.md names."""

import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from tests.cast import ALICE, BOB
from tests.e2e.processes import BIN, ROOT, Portico, free_port, stop
from tests.resilience.conftest import Postgres, doctor
from tests.resilience.load import come_in, host


@pytest.mark.parametrize("after", [0.3, 0.6, 0.9, 1.2])
def test_a_migration_that_is_killed_half_way_is_run_again(portico: Portico, postgres: Postgres, after: float) -> None:
    name = f"migrated_{int(after * 10)}"
    url = postgres.make(name).replace("postgresql://", "postgresql+psycopg://")
    environment = portico.environment | {"DATABASE_URL": url}
    killed = subprocess.Popen([BIN / "flask", "db", "upgrade"], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    time.sleep(after)
    killed.kill()
    killed.wait()
    for command in ("upgrade", "check"):
        done = subprocess.run(
            [BIN / "flask", "db", command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


def test_a_restored_backup_opens_every_secret_and_keeps_sessions_and_history(
    portico: Portico, postgres: Postgres, tmp_path: Path
) -> None:
    """By the commands of docs/operate.md."""
    with requests.Session() as alice:
        assert [come_in(portico, account)(alice) for account in (BOB, ALICE)] == [303, 303]
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
        assert "ok  keys" in doctor(there)
        verified = there.flask("audit", "verify")
        assert re.search(r"^Contoso: whole, [2-9] entries", verified, re.MULTILINE), verified
        script = (
            "from app import create_app; import sqlalchemy as sa\n"
            "from app.connections.models import Credential; from app.core.database import db\n"
            "create_app().app_context().push()\n"
            "print(sorted(one.secret for one in db.session.scalars(sa.select(Credential))))"
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
