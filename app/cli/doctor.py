"""`flask doctor`: checks everything an installation needs, and says how to fix what is wrong."""

import smtplib
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import sqlalchemy as sa
from flask import Flask, current_app

from app.connections.models import Connection
from app.connections.queries import keys_in_use
from app.core import tasks
from app.core.database import db, encryptor
from app.core.email import Mailer
from app.entra.errors import MicrosoftError
from app.entra_apps.models import EntraApp
from app.http import health
from app.microsoft_clients import microsoft
from app.settings import SettingsError, load_settings

OLD_TASK_SECONDS = 300
LOST_WORKER_SECONDS = 180
"""A worker sends a heartbeat each minute unless it is fully busy."""
CLOCK_SECONDS = 60
"""ID tokens are accepted with a clock skew of two minutes; half of that leaves time to act."""

OLDEST_SQLITE = (3, 34)
"""The first with a full-text index of trigrams."""
EXTENSIONS = """
    SELECT wanted.name, e.installed_version IS NOT NULL, e.name IS NOT NULL,
      EXISTS (SELECT FROM pg_roles WHERE rolname = current_user AND rolsuper)
      OR has_database_privilege(current_database(), 'CREATE') AND EXISTS (
        SELECT FROM pg_available_extension_versions v
        WHERE v.name = e.name AND v.version = e.default_version AND v.trusted)
    FROM (VALUES ('pg_trgm'), ('btree_gin')) AS wanted (name)
    LEFT JOIN pg_available_extensions e ON e.name = wanted.name
    ORDER BY wanted.name DESC
"""
"""Of each extension that the search needs: whether it is installed, on the server, and this user may create it."""


@dataclass(frozen=True)
class Finding:
    name: str
    fault: str = ""
    """What is wrong and how to fix it; empty if nothing is."""
    note: str = ""


def examine() -> Iterator[Finding]:
    """Yields one finding per check, in order of dependency; checks that depend on a failed one are skipped."""
    try:
        settings = load_settings()
    except SettingsError as error:
        for line in str(error).splitlines()[1:]:
            yield Finding("settings", f"{line}; fix it in .env or the environment")
        return
    yield Finding("settings")
    from app import create_app

    app = create_app(settings)
    with app.app_context():
        for name, check in CHECKS:
            found = _found(app, name, check)
            yield found
            if found.fault and name == "database":
                return


def _found(app: Flask, name: str, check: "Callable[[], str]") -> Finding:
    try:
        said = check()
    except Exception as error:
        return Finding(name, f"could not be looked at ({type(error).__name__}); the log says more")
    finally:
        with app.app_context():
            db.session.rollback()
    return Finding(name, note=said.removeprefix("note: ")) if said.startswith("note: ") else Finding(name, said)


def _database() -> str:
    try:
        db.session.execute(sa.text("SELECT 1"))
    except sa.exc.SQLAlchemyError as error:
        url = db.engine.url.render_as_string(hide_password=True)
        return f"no answer at {url} ({type(error).__name__}); start it, or fix DATABASE_URL"
    return ""


def _search() -> str:
    """Whether the database can search for people; before the migrations, whether they can prepare it."""
    if db.engine.dialect.name == "sqlite":
        is_new_enough = sqlite3.sqlite_version_info >= OLDEST_SQLITE
        return "" if is_new_enough else f"SQLite {sqlite3.sqlite_version} is too old; use 3.34 or newer, or PostgreSQL"
    for name, is_installed, is_available, may_create in db.session.execute(sa.text(EXTENSIONS)):
        if is_installed:
            continue
        if not is_available:
            return f"PostgreSQL lacks its extension {name}; install its contrib package on the database server"
        if not may_create:
            return (
                f"this database user may not create the extension {name}; have an administrator of the database run"
                f" `CREATE EXTENSION {name};` in this database"
            )
    return ""


def _migrations() -> str:
    found = health.migrations()
    if found.newer and not found.fault:
        return f"note: a newer version has migrated to {', '.join(found.newer)}; bring this code up to it when you can"
    return found.fault


def _keys() -> str:
    needed = keys_in_use()
    missing = sorted(name for name in needed if not encryptor().has_key(name))
    if missing:
        return f"ENCRYPTION_KEYS lacks {', '.join(missing)}, which opens stored secrets; put it back behind the newest"
    old = needed - {encryptor().newest}
    return f"note: {len(old)} older key in use; `flask keys rotate` frees it" if old else ""


def _queue() -> str:
    standing = tasks.queue_stats()
    if standing is None:
        return "no answer; start Redis, or fix REDIS_URL"
    if standing.oldest_seconds > OLD_TASK_SECONDS:
        minutes = int(standing.oldest_seconds // 60)
        return f"{standing.waiting} tasks wait, the first for {minutes} minutes; start `flask worker`"
    return ""


def _worker() -> str:
    if tasks.queue_stats() is None:
        return "note: nobody knows while the queue doesn't answer"
    seen = tasks.seconds_since_heartbeat()
    if seen is None:
        return "no worker was there since the queue began; start `flask worker`, and look again in a minute"
    if seen > LOST_WORKER_SECONDS:
        return f"no worker was there for {int(seen // 60)} minutes; start `flask worker`"
    return ""


def _mail() -> str:
    post: Mailer = current_app.extensions["post"]
    if post.server is None:
        return "" if post.shown else "note: SMTP_URL is not set, so nobody is warned by mail"
    try:
        post.check_connection()
    except (OSError, smtplib.SMTPException) as error:
        return f"{post.server.host}:{post.server.port} doesn't take mail ({type(error).__name__}); fix SMTP_URL"
    return ""


def _directory() -> str:
    authority, tenant = microsoft().cloud.authority, _tenant()
    try:
        answer = microsoft().http_client.get(_configuration(tenant))
    except MicrosoftError as error:
        return f"{authority} can't be reached ({error}); let https out to it, or fix MICROSOFT_CLOUD"
    if answer.status_code != 200:
        return f"{authority} answered {answer.status_code} for tenant {tenant}; fix MICROSOFT_CLOUD or the connection"
    return ""


def _tenant() -> str:
    """The tenant of a live connection, since not every cloud has `common`."""
    enabled = sa.select(EntraApp.tenant).join(Connection, Connection.entra_app_id == EntraApp.id)
    return db.session.scalar(enabled.where(Connection.is_enabled).limit(1)) or "common"


def _configuration(tenant: str) -> str:
    return f"{microsoft().cloud.authority}/{tenant}/v2.0/.well-known/openid-configuration"


def _clock() -> str:
    answer = microsoft().http_client.get(_configuration(_tenant()))
    theirs = parsedate_to_datetime(answer.headers["date"]).timestamp()
    off = round(time.time() - theirs)
    return f"{off} seconds off Microsoft's; set it by NTP" if abs(off) > CLOCK_SECONDS else ""


CHECKS: tuple[tuple[str, Callable[[], str]], ...] = (
    ("database", _database),
    ("search", _search),
    ("migrations", _migrations),
    ("keys", _keys),
    ("queue", _queue),
    ("worker", _worker),
    ("mail", _mail),
    ("directory", _directory),
    ("clock", _clock),
)
