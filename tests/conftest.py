"""Fixtures of all tests: both databases, the sandbox directory, and the cast."""

import os
from collections.abc import Iterator

import psycopg
import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask_migrate import upgrade
from pydantic import SecretStr
from structlog.contextvars import clear_contextvars

from app import create_app
from app.core.database import db
from app.core.email import Mailer
from app.http.rate_limits import limiter
from app.people import passwords
from app.settings import Settings, new_key
from tests.browser import Browser
from tests.cast import Cast, Companies, open_companies
from tests.directory import Directory, start_directory
from tests.dns_server import NameServer
from tests.mail_server import LocalMailServer, start_mail_server
from tests.snapshot import delete_all_rows

BASE_URL = "http://localhost:5000"


@pytest.fixture(scope="session")
def directory_process() -> Iterator[Directory]:
    started = start_directory()
    yield started
    started.process.terminate()
    started.process.wait(30)


@pytest.fixture(scope="session")
def dns_process() -> Iterator[NameServer]:
    started = NameServer()
    yield started
    started.stop()


@pytest.fixture
def name_server(dns_process: NameServer) -> NameServer:
    """The only DNS server that the application asks, without records."""
    dns_process.reset()
    return dns_process


@pytest.fixture
def directory(directory_process: Directory) -> Directory:
    """The sandbox directory, as seeded."""
    directory_process.reset()
    return directory_process


def without(service: str) -> None:
    """A missing service fails the test in CI and skips it on a developer's machine."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{service} is missing; run the tests through `make test`")
    pytest.skip(f"{service} is missing")


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> str:
    """An empty database for this worker, of each of the two kinds."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path_factory.mktemp('database') / 'portico.db'}"
    server = os.environ.get("TEST_POSTGRES_URL")
    if not server:
        without("PostgreSQL")
    name = f"portico_{worker_id}"
    with psycopg.connect(f"{str(server).replace('+psycopg', '')}/postgres", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}"')
    return f"{server}/{name}"


@pytest.fixture(scope="session")
def settings(database_url: str, directory_process: Directory, dns_process: NameServer, worker_id: str) -> Settings:
    redis_url = ""
    if database_url.startswith("postgresql") and (server := os.environ.get("TEST_REDIS_URL")):
        redis_url = f"{server}/{int(worker_id.removeprefix('gw') or 0) if worker_id != 'master' else 0}"
    return Settings(
        _env_file=None,
        base_url=BASE_URL,
        secret_key=SecretStr("a secret key of the tests' own, long enough"),
        encryption_keys=(SecretStr(new_key()),),
        database_url=SecretStr(database_url),
        redis_url=SecretStr(redis_url),
        microsoft_cloud="sandbox",
        sandbox_port=directory_process.port,
        dataverse_hosts=(f"localhost:{directory_process.port}",),
        dns_resolvers=(dns_process.address,),
        web_concurrency=1,
    )


@pytest.fixture(scope="session")
def migrated_app(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    # argon2id as in production, at a fraction of its cost: nearly every test opens companies with an owner's password.
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    app.test_client_class = Browser
    with app.app_context():
        upgrade()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def app(migrated_app: Flask) -> Iterator[Flask]:
    """The application on an empty database, of which it has cached nothing."""
    migrated_app.extensions["key_ring"].forget()
    # What a request or a task of the previous test added to the log's lines.
    clear_contextvars()
    yield migrated_app
    with migrated_app.app_context():
        delete_all_rows()
        limiter.reset()
    migrated_app.extensions["queue"].flush()


@pytest.fixture(scope="session")
def companies(migrated_app: Flask) -> Companies:
    return open_companies(migrated_app)


@pytest.fixture
def cast(app: Flask, directory: Directory, companies: Companies) -> Cast:
    """Contoso and Fabrikam with their connections, and Alice, Bob and Charlie."""
    return companies.open(app, directory)


@pytest.fixture
def browser(app: Flask) -> Browser:
    client = app.test_client()
    assert isinstance(client, Browser)
    return client


@pytest.fixture
def mail_server(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalMailServer]:
    """A mail server on loopback, to which the application sends."""
    with start_mail_server() as mail_server:
        post = Mailer(mail_server.server("loopback"), "Portico <portico@sender.example>", shown=False)
        monkeypatch.setitem(app.extensions, "post", post)
        yield mail_server
