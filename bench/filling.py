"""A database with any number of companies, people and audit entries, filled in minutes; see filling.sql."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psycopg
from uuid_utils.compat import uuid7

from app.core.encryption import Encryptor
from bench.processes import Bench
from bench.sign_ins import Visitor
from bench.stage import CLIENT, PEOPLE, SECRET, TENANT

TABLES = ["person", "session", "audit_entry"]
"""Tables whose indexes are created after all rows."""
PEOPLE_PER_COMPANY = 9
"""The minimum number of people per company; they are the directory's first."""
WITH_PHOTO = PEOPLE[2]
"""A person who has a photo in each company."""

PLAIN_INDEXES = """
SELECT format('DROP INDEX %%I', indexname), indexdef FROM pg_indexes
WHERE tablename = ANY(%(tables)s) AND NOT EXISTS (SELECT FROM pg_constraint WHERE conname = indexname)
"""
UNIQUE_CONSTRAINTS = """
SELECT format('ALTER TABLE %%I DROP CONSTRAINT %%I', relname, conname),
  format('ALTER TABLE %%I ADD CONSTRAINT %%I %%s', relname, conname, pg_get_constraintdef(pg_constraint.oid))
FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid WHERE relname = ANY(%(tables)s) AND contype = 'u'
"""


@dataclass(frozen=True)
class Size:
    companies: int
    people: int
    entries: int


def fill(bench: Bench, size: Size, login_pages: int) -> list[Visitor]:
    """Fills it, and returns visitors of this many login pages, each of another company and none of the largest; fewer
    if there are fewer companies."""
    bench.flask("db", "upgrade")
    with psycopg.connect(f"{bench.server_url}/{bench.database}", autocommit=True) as connection:
        _set_parameters(connection, size)
        _encrypt_credentials(connection, bench, size)
        with _indexes_created_afterwards(connection):
            connection.execute((Path(__file__).parent / "filling.sql").read_bytes())
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")
    found = bench.sql(
        "SELECT code, public_id FROM login_page JOIN connection_draft USING (company_id) "
        "WHERE code <> 'c1' ORDER BY md5(code) LIMIT %s",
        login_pages,
    )
    return [
        Visitor(str(code), str(public_id), PEOPLE[number % PEOPLE_PER_COMPANY])
        for number, (code, public_id) in enumerate(found)
    ]


def _set_parameters(connection: psycopg.Connection, size: Size) -> None:
    for name, value in {**vars(size), "tenant": TENANT, "client": CLIENT}.items():
        connection.execute("SELECT set_config(%s, %s, false)", (f"bench.{name}", str(value)))


def _encrypt_credentials(connection: psycopg.Connection, bench: Bench, size: Size) -> None:
    """Adds a credential for each company; only Python can encrypt it."""
    encryptor = Encryptor(bench.environment["ENCRYPTION_KEYS"].split(","))
    connection.execute("CREATE TEMP TABLE bench_credential (number bigint, id uuid, ciphertext text)")
    with connection.cursor().copy("COPY bench_credential FROM STDIN") as copy:
        for number in range(1, size.companies + 1):
            row_id: UUID = uuid7()
            copy.write_row((number, row_id, encryptor.encrypt(SECRET, f"client_credential.secret:{row_id}")))


@contextmanager
def _indexes_created_afterwards(connection: psycopg.Connection) -> Iterator[None]:
    found = [
        pair
        for query in (PLAIN_INDEXES, UNIQUE_CONSTRAINTS)
        for pair in connection.execute(query, {"tables": TABLES}).fetchall()
    ]
    for drop, _make in found:
        connection.execute(drop)
    yield
    for _drop, make in found:
        connection.execute(make)
