"""Old code on a newer schema, as in every upgrade until the last node is restarted."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import requests

from app.settings import ROOT
from tests.cast import ALICE, BOB
from tests.e2e.processes import BIN, Portico, until
from tests.resilience.conftest import Postgres, doctor
from tests.resilience.load import Load, opening, sign_in, signing_in

NEXT_VERSION = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "next", "{head}"
TABLES = ("company", "person", "session", "audit_entry", "connection")


def upgrade():
    op.create_table("novelty", sa.Column("id", sa.Uuid(), primary_key=True))
    for table in TABLES:
        op.add_column(table, sa.Column("new_note", sa.Text(), nullable=True))
        op.add_column(table, sa.Column("new_count", sa.Integer(), nullable=False, server_default="7"))


def downgrade():
    for table in TABLES:
        op.drop_column(table, "new_count")
        op.drop_column(table, "new_note")
    op.drop_table("novelty")
"""


@pytest.fixture(scope="module")
def next_version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The migrations of the version after this one."""
    folder = tmp_path_factory.mktemp("next") / "migrations"
    shutil.copytree(ROOT / "app" / "migrations", folder, ignore=shutil.ignore_patterns("__pycache__"))
    head = max(one.name for one in (folder / "versions").glob("[0-9]*.py"))[:4]
    (folder / "versions" / "next.py").write_text(NEXT_VERSION.format(head=head))
    return folder


@pytest.fixture
def migrated_back(portico: Portico, next_version: Path) -> Iterator[None]:
    """Restores the schema for the tests after this file."""
    yield
    portico.flask("db", "downgrade", "-d", str(next_version), "--", "-1")


def test_old_code_works_during_and_after_migration_of_next_version(
    portico: Portico, postgres: Postgres, next_version: Path, migrated_back: None
) -> None:
    visits = (signing_in(portico, ALICE), opening(portico, "/readyz"), signing_in(portico, BOB), opening(portico))
    with Load(*visits, threads=2) as load, psycopg.connect(f"{postgres.url}/portico") as backup:
        load.wait_for(10)
        # A backup locks all tables until its end. Sign-ins meanwhile must not queue behind the migration.
        backup.execute("LOCK TABLE session, person IN ACCESS SHARE MODE")
        migration = subprocess.Popen(
            [BIN / "flask", "db", "upgrade", "-d", next_version],
            cwd=ROOT,
            env=portico.environment,
            stderr=subprocess.DEVNULL,
        )
        until(lambda: _waits_for_a_lock(postgres), migration)
        load.wait_for(20)
        assert migration.poll() is None
        backup.rollback()
        assert migration.wait(60) == 0
        load.wait_for(20)
    assert set(load.seen) == {"200", "303"}, load.seen
    with psycopg.connect(f"{postgres.url}/portico") as connection:
        ((made, counts),) = connection.execute("SELECT count(*), array_agg(DISTINCT new_count) FROM session").fetchall()
    assert (made >= load.seen["303"], counts) == (True, [7])

    portico.restart()
    assert requests.get(f"{portico.base_url}/readyz", timeout=30).status_code == 200
    assert sign_in(portico, ALICE) == 303
    newer = "WARN  migrations: a newer version has migrated the database to next"
    assert any(line.startswith(newer) for line in doctor(portico))


def _waits_for_a_lock(postgres: Postgres) -> bool:
    with psycopg.connect(f"{postgres.url}/portico") as connection:
        waiting = "SELECT 1 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted"
        return connection.execute(waiting).fetchone() is not None
