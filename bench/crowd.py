"""The cost of importing many people from a file, and of the list of people afterwards."""

import os
import resource
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.companies.models import Company
from app.core.database import db, now
from app.core.unit_of_work import unit_of_work
from app.people import actions as people
from app.people.imports import import_job
from app.people.invitations.actions import SignInAssignment
from app.people.models import Person, SignInMethod
from app.sessions import actions as sessions
from bench.processes import Bench

FEW, MANY = 100, 100_000
TRIES = 40
PAGES = {
    "the list": "/people",
    "its search by name": "/people?q=person+9",
    "its search by address": "/people?q=p99",
    "its search that finds no one": "/people?q=quetzal",
}


@dataclass(frozen=True)
class Crowd:
    """An import, and the pages before and after it."""

    seconds: float
    megabytes: float
    milliseconds: dict[str, tuple[float, float]]
    """Median of many tries, with few people and with many."""


def measure() -> Crowd:
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        try:
            bench.fill()
            os.environ.update(bench.environment)
            app = create_app()
            with app.app_context():
                measured = _measured(app)
                db.session.remove()
                db.engine.dispose()
            return measured
        finally:
            bench.close()


def table(crowd: Crowd) -> str:
    """As a table in Markdown."""
    lines = [
        f"| {MANY:,} people by a CSV file | |",
        "|---|--:|",
        f"| seconds | {crowd.seconds:.1f} |",
        f"| people per second | {MANY / crowd.seconds:,.0f} |",
        f"| peak memory above the worker's usual, MB | {crowd.megabytes:.0f} |",
        "",
        f"| ms, median | {FEW} people | {MANY:,} people | ratio |",
        "|---|--:|--:|--:|",
    ]
    lines += [
        f"| {name} | {few:.1f} | {many:.1f} | {many / few:.2f} |" for name, (few, many) in crowd.milliseconds.items()
    ]
    return "\n".join(lines)


def _measured(app: Flask) -> Crowd:
    company_id = db.session.scalars(sa.select(Company.id)).one()
    with unit_of_work():
        owner = people.make(company_id, email="owner@contoso.example", name="Owner", role="owner", password=None)
        started = sessions.start(
            company_id,
            owner.id,
            browser_id="bench",
            auth_label="Bench",
            amr=(),
            auth_time=now(),
            reauthenticated_at=None,
            transaction_id="bench",
            ip_address=None,
            user_agent="",
        )
    client = app.test_client()
    assert started
    client.set_cookie(f"session.{started.org_id}", started.token)
    client.set_cookie("active", started.org_id)
    _import(owner, 0, FEW)
    few = _pages(client, app)
    before = _peak()
    began = time.perf_counter()
    _import(owner, FEW, MANY)
    seconds = time.perf_counter() - began
    with unit_of_work():
        db.session.execute(sa.text("ANALYZE person"))
    many = _pages(client, app)
    return Crowd(seconds, _peak() - before, {name: (few[name], many[name]) for name in PAGES})


def _import(owner: Person, first: int, number: int) -> None:
    lines = "".join(f"p{n}@contoso.example,Person {n},member\n" for n in range(first, first + number))
    with unit_of_work():
        job = import_job.begin(
            owner.company_id,
            owner.id,
            "people.csv",
            f"email,name,role\n{lines}",
            SignInAssignment(SignInMethod.ANY),
            sends_mail=False,
        )
        import_id: UUID = job.id
    import_job.read_file.function(company_id=str(owner.company_id), import_id=str(import_id))


def _pages(client: FlaskClient, app: Flask) -> dict[str, float]:
    return {
        name: statistics.median(_milliseconds(client, app, path) for _ in range(TRIES)) for name, path in PAGES.items()
    }


def _milliseconds(client: FlaskClient, app: Flask, path: str) -> float:
    began = time.perf_counter()
    answer = client.get(path, base_url=app.config["BASE_URL"])
    assert answer.status_code == 200, answer.status
    return (time.perf_counter() - began) * 1000


def _peak() -> float:
    """Peak memory in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
