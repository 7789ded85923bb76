"""The cost of syncing contacts compared with a plain loop that only downloads them, and of searching them."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import requests
import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade
from pydantic import SecretStr

from app import create_app
from app.cli.companies_file import actions as companies_file
from app.cli.companies_file.schema import CompaniesFile
from app.companies.models import Company
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.crm import actions, queries
from app.crm.authorization.pending_connection import PendingConnection
from app.crm.authorization.tokens import access_token, registration
from app.crm.models import CrmContact
from app.crm.sync import sync, sync_store
from app.entra.dataverse import CONTACTS as CONTACTS_PATH
from app.entra.dataverse import PREFER, Contact
from app.microsoft_clients import microsoft
from app.settings import ROOT, Settings, new_key
from tests.ports import free_port

TENANT = "11111111-1111-4111-8111-111111111111"
CLIENT = "2c2c2c2c-2222-4222-8222-222222222222"
SECRET = "contoso-crm-sandbox-secret-value"  # noqa: S105 - known to everyone, from the sandbox's seed
CONTACTS = 50_000
CONTACT_COUNTS = (2_000, 200_000)
TRIES = 30


@dataclass(frozen=True)
class Run:
    """Rows, wall-clock seconds, CPU seconds of our process, and its peak memory."""

    rows: int
    seconds: float
    worked: float
    megabytes: float

    @property
    def rate(self) -> float:
        """Rows per second."""
        return self.rows / self.seconds


def measure() -> dict[str, Run]:
    """A plain download of all pages, and the import of the same contacts."""
    with _portico() as app, app.app_context():
        connection_id = _connect()
        return {
            "download alone": _measured(lambda: _download(connection_id)),
            "import": _measured(lambda: _sync(connection_id)),
        }


def search() -> dict[str, dict[int, float]]:
    """Median milliseconds of pages and searches among few and among many contacts."""
    with _portico() as app, app.app_context():
        company_id = db.session.scalars(sa.select(Company.id)).one()
        found: dict[str, dict[int, float]] = {}
        for number in CONTACT_COUNTS:
            _fill(company_id, number)
            for name, ask in _questions(company_id).items():
                found.setdefault(name, {})[number] = statistics.median(_milliseconds(ask) for _ in range(TRIES))
        return found


def table(runs: dict[str, Run]) -> str:
    """In Markdown."""
    lines = ["| 50,000 contacts | rows per second | our CPU time per 1,000 rows | peak memory |", "|---|--:|--:|--:|"]
    lines += [
        f"| {name} | {run.rate:,.0f} | {run.worked / run.rows * 1e6:.0f} ms | {run.megabytes:.1f} MB |"
        for name, run in runs.items()
    ]
    ratio = runs["import"].rate / runs["download alone"].rate
    return "\n".join([*lines, f"| **import to download** | {ratio:.2f} | | |"])


def search_table(found: dict[str, dict[int, float]]) -> str:
    """In Markdown."""
    few, many = CONTACT_COUNTS
    lines = [f"| milliseconds | among {few:,} | among {many:,} |", "|---|--:|--:|"]
    return "\n".join([*lines, *(f"| {name} | {one[few]:.1f} | {one[many]:.1f} |" for name, one in found.items())])


def _measured(work: Callable[[], int]) -> Run:
    """Runs it twice, because tracing memory slows a run down."""
    began, worked = time.perf_counter(), time.process_time()
    rows = work()
    seconds, worked = time.perf_counter() - began, time.process_time() - worked
    tracemalloc.start()
    work()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return Run(rows, seconds, worked, peak / 1e6)


def _download(connection_id: UUID) -> int:
    """The plain loop: every page, one after another, parsed only for the next link."""
    connection = queries.by_id(connection_id)
    assert connection is not None
    headers = {"Authorization": f"Bearer {access_token(connection_id)}", "Prefer": PREFER}
    rows, link = 0, connection.environment + CONTACTS_PATH
    with requests.Session() as session:
        while link:
            page = session.get(link.replace("https://", "http://", 1), headers=headers, timeout=30).json()
            rows += len(page["value"])
            link = page.get("@odata.nextLink")
    return rows


def _sync(connection_id: UUID) -> int:
    with unit_of_work():
        db.session.execute(sa.delete(CrmContact))
        connection = queries.by_id(connection_id)
        assert connection is not None
        actions.request_sync(connection, from_start=True)
    while connection.sync_state.finished_at is None:
        sync.sync(connection_id)
        connection = queries.by_id(connection_id)
        assert connection is not None
    return queries.number_of_contacts(connection.company_id)


def _connect() -> UUID:
    """Connects Contoso's application without a browser."""
    company_id = db.session.scalars(sa.select(Company.id)).one()
    environment = microsoft().cloud.authority
    entered = PendingConnection("application", TENANT, CLIENT, environment, SECRET)
    with unit_of_work():
        connection = actions.store_pending(company_id, entered)
    granted = microsoft().token_client.for_application(registration(entered, connection), environment)
    organization = microsoft().dataverse.who_am_i(environment, granted.access_token)
    with unit_of_work():
        actions.connect(connection, entered, granted, organization, actor_id=company_id)
    return connection.id


def _fill(company_id: UUID, number: int) -> None:
    there = queries.number_of_contacts(company_id)
    with unit_of_work():
        for start in range(there, number, 10_000):
            sync_store.upsert_contacts(
                company_id,
                1,
                [
                    Contact(
                        uuid4(),
                        f"Name{one % 997:03} Family{one:06}",
                        None,
                        f"contact{one}@example.com",
                        None,
                        None,
                        None,
                    )
                    for one in range(start, min(start + 10_000, number))
                ],
            )
        db.session.execute(sa.text("ANALYZE"))


def _questions(company_id: UUID) -> dict[str, Callable[[], object]]:
    middle = queries.page(company_id, search="name500").after
    return {
        "the first page": lambda: queries.page(company_id),
        "a page in the middle": lambda: queries.page(company_id, after=middle),
        "a search by family name": lambda: queries.page(company_id, search="family001"),
        "a search by the first letter of all names": lambda: queries.page(company_id, search="n"),
        "a search by email address": lambda: queries.page(company_id, search="contact1999@"),
        "a search that finds no one": lambda: queries.page(company_id, search="zebra"),
    }


def _milliseconds(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    milliseconds = (time.perf_counter() - began) * 1000
    db.session.rollback()
    return milliseconds


@contextmanager
def _portico() -> Iterator[Flask]:
    """The application with a company, on a temporary database, with a simulated Dynamics 365."""
    with tempfile.TemporaryDirectory() as folder, _sandbox() as port:
        app = create_app(
            Settings(
                _env_file=None,
                base_url="http://localhost:5000",
                secret_key=SecretStr(new_key()),
                encryption_keys=(SecretStr(new_key()),),
                database_url=SecretStr(
                    os.environ.get("BENCH_DATABASE_URL") or f"sqlite:///{Path(folder) / 'portico.db'}"
                ),
                microsoft_cloud="sandbox",
                sandbox_port=port,
                dataverse_hosts=(f"localhost:{port}",),
            )
        )
        with app.app_context():
            upgrade()
            company = {"code": "contoso", "name": "Contoso"}
            with unit_of_work():
                companies_file.apply(CompaniesFile.model_validate({"companies": [company]}))
        yield app
        with app.app_context():
            db.engine.dispose()


@contextmanager
def _sandbox() -> Iterator[int]:
    """Starts the sandbox with the contacts; yields its port."""
    port = free_port()
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "sandbox", "--port", str(port)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        assert "ready" in process.stdout.readline()
        dataverse = f"http://localhost:{port}/sandbox/api/tenants/{TENANT}/dataverse"
        requests.delete(f"{dataverse}/contacts?count=1000", timeout=30).raise_for_status()
        requests.post(f"{dataverse}/contacts", json={"count": CONTACTS}, timeout=60).raise_for_status()
        requests.put(dataverse, json={"application_users": [CLIENT]}, timeout=30).raise_for_status()
        yield port
    finally:
        process.terminate()
        process.wait(30)
