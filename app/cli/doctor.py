"""`flask doctor`: checks everything an installation needs, and says how to fix what is wrong."""

import smtplib
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import StrEnum

import sqlalchemy as sa
import structlog
from flask import Flask, current_app

from app.cli.applications import create_examined_app
from app.connections.models import Connection
from app.connections.queries import keys_in_use
from app.core import tasks
from app.core.database import db, encryptor
from app.core.email import Mailer
from app.core.translation import gettext as _
from app.core.translation import ngettext
from app.entra.errors import MicrosoftError
from app.entra.http_client import Answer
from app.entra_apps.models import EntraApp
from app.http import health
from app.microsoft_clients import http_client, init_http_client
from app.settings import SettingsError, load_settings

log = structlog.get_logger(__name__)
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


class Outcome(StrEnum):
    OK = "OK"
    WARNING = "WARN"
    """Works, but something should be done."""
    FAILED = "FAIL"
    SKIPPED = "SKIP"
    """Could not be checked, because something else failed."""


@dataclass(frozen=True)
class Finding:
    name: str
    outcome: Outcome = Outcome.OK
    text: str = ""
    """What is wrong and how to fix it."""


Found = tuple[Outcome, str]
OK: Found = (Outcome.OK, "")


def examine() -> Iterator[Finding]:
    """Yields one finding per check, in order of dependency; checks that depend on a failed one are skipped."""
    try:
        settings = load_settings()
        app = create_examined_app(settings)
        init_http_client(app, settings)
    except SettingsError as error:
        for line in str(error).splitlines()[1:]:
            yield Finding("settings", Outcome.FAILED, _("%(fault)s; fix it in .env or the environment", fault=line))
    except Exception:
        log.exception("check_failed", check="settings")
        yield Finding("settings", Outcome.FAILED, _("the application can’t start with them; the log has the reason"))
    else:
        yield Finding("settings")
        yield from _examine(app)
        return
    yield from (Finding(name, Outcome.SKIPPED, _("needs valid settings")) for name, _check in CHECKS)


def _examine(app: Flask) -> Iterator[Finding]:
    with app.app_context():
        failed: set[str] = set()
        for name, check in CHECKS:
            if "database" in failed:
                yield Finding(name, Outcome.SKIPPED, _("needs the database"))
                continue
            found = _found(app, name, check, is_migrated="migrations" not in failed)
            yield found
            if found.outcome is Outcome.FAILED:
                failed.add(name)


def _found(app: Flask, name: str, check: Callable[[], Found], *, is_migrated: bool) -> Finding:
    try:
        return Finding(name, *check())
    except Exception as error:
        if isinstance(error, sa.exc.SQLAlchemyError) and not is_migrated:
            return Finding(name, Outcome.SKIPPED, _("could not be checked; run `flask db upgrade` first"))
        log.exception("check_failed", check=name)
        return Finding(name, Outcome.FAILED, _("could not be checked; the log has the reason"))
    finally:
        with app.app_context():
            db.session.rollback()


def _failed(text: str) -> Found:
    return Outcome.FAILED, text


def _database() -> Found:
    try:
        db.session.execute(sa.text("SELECT 1"))
    except sa.exc.SQLAlchemyError:
        url = db.engine.url.render_as_string(hide_password=True)
        return _failed(_("no response from %(url)s; start it, or fix DATABASE_URL", url=url))
    return OK


def _search() -> Found:
    """Whether the database can search for people; before the migrations, whether they can prepare it."""
    if db.engine.dialect.name == "sqlite":
        if sqlite3.sqlite_version_info >= OLDEST_SQLITE:
            return OK
        version = sqlite3.sqlite_version
        return _failed(_("SQLite %(version)s is too old; use 3.34 or newer, or PostgreSQL", version=version))
    for name, is_installed, is_available, may_create in db.session.execute(sa.text(EXTENSIONS)):
        if is_installed:
            continue
        if not is_available:
            text = _(
                "PostgreSQL lacks its extension %(name)s; install its contrib package on the database server", name=name
            )
            return _failed(text)
        if not may_create:
            text = _(
                "this database user may not create the extension %(name)s; have an administrator of the database run"
                " `CREATE EXTENSION %(name)s;` in this database",
                name=name,
            )
            return _failed(text)
    return OK


def _migrations() -> Found:
    found = health.migrations()
    if found.fault:
        return _failed(found.fault)
    if found.newer:
        newer = ", ".join(found.newer)
        text = _("a newer version has migrated the database to %(newer)s; upgrade this node, too", newer=newer)
        return Outcome.WARNING, text
    return OK


def _keys() -> Found:
    needed = keys_in_use()
    missing = sorted(name for name in needed if not encryptor().has_key(name))
    if missing:
        names = ", ".join(missing)
        text = _(
            "ENCRYPTION_KEYS is missing %(names)s, needed for stored secrets; add it after the newest", names=names
        )
        return _failed(text)
    if old := needed - {encryptor().newest}:
        text = ngettext(
            "%(num)s older key in use; run `flask keys rotate` before you remove it",
            "%(num)s older keys in use; run `flask keys rotate` before you remove them",
            len(old),
        )
        return Outcome.WARNING, text
    return OK


def _queue() -> Found:
    queue = tasks.queue_stats()
    if queue is None:
        return _failed(_("no response; start Redis, or fix REDIS_URL"))
    if queue.oldest_seconds > OLD_TASK_SECONDS:
        text = ngettext(
            "%(num)s task waiting, the oldest for %(minutes)s minutes; start `flask worker`",
            "%(num)s tasks waiting, the oldest for %(minutes)s minutes; start `flask worker`",
            queue.waiting,
            minutes=int(queue.oldest_seconds // 60),
        )
        return _failed(text)
    return OK


def _worker() -> Found:
    if tasks.queue_stats() is None:
        return Outcome.SKIPPED, _("needs the queue")
    seen = tasks.seconds_since_heartbeat()
    if seen is None:
        return _failed(_("no worker is running; start `flask worker`"))
    if seen > LOST_WORKER_SECONDS:
        minutes = int(seen // 60)
        return _failed(_("no worker has been running for %(minutes)s minutes; start `flask worker`", minutes=minutes))
    return OK


def _email() -> Found:
    post: Mailer = current_app.extensions["post"]
    if post.server is None:
        return OK if post.shown else (Outcome.WARNING, _("SMTP_URL isn’t set, so no emails or warnings are sent"))
    try:
        post.check_connection()
    except (OSError, smtplib.SMTPException):
        server = f"{post.server.host}:{post.server.port}"
        return _failed(_("%(server)s doesn’t accept email; fix SMTP_URL", server=server))
    return OK


def _directory() -> Found:
    authority, tenant = http_client().cloud.authority, _tenant()
    try:
        answer = _configuration(tenant)
    except MicrosoftError as error:
        log.warning("directory_unreachable", cause=str(error))
        return _failed(
            _("%(authority)s can’t be reached; allow outbound HTTPS to it, or fix MICROSOFT_CLOUD", authority=authority)
        )
    if answer.status_code != 200:
        text = _(
            "%(authority)s responded with %(status)s for tenant %(tenant)s; fix MICROSOFT_CLOUD or the connection",
            authority=authority,
            status=answer.status_code,
            tenant=tenant,
        )
        return _failed(text)
    return OK


def _tenant() -> str:
    """The tenant of an active connection, since not every cloud has `common`."""
    # Of the tables: a query of mapped classes first configures all of them, a tenth of the command's time.
    connection, entra_app = Connection.__table__.c, EntraApp.__table__.c
    enabled = sa.select(entra_app.tenant).where(connection.entra_app_id == entra_app.id, connection.is_enabled)
    return db.session.scalar(enabled.limit(1)) or "common"


def _configuration(tenant: str) -> Answer:
    """Raises MicrosoftError."""
    http = http_client()
    return http.get(f"{http.cloud.authority}/{tenant}/v2.0/.well-known/openid-configuration")


def _clock() -> Found:
    try:
        answer = _configuration(_tenant())
    except MicrosoftError:
        return Outcome.SKIPPED, _("needs the directory")
    theirs = parsedate_to_datetime(answer.headers["date"]).timestamp()
    off = round(time.time() - theirs)
    if abs(off) <= CLOCK_SECONDS:
        return OK
    return _failed(_("%(seconds)s seconds off Microsoft’s; set it with NTP", seconds=off))


CHECKS: tuple[tuple[str, Callable[[], Found]], ...] = (
    ("database", _database),
    ("search", _search),
    ("migrations", _migrations),
    ("keys", _keys),
    ("queue", _queue),
    ("worker", _worker),
    ("email", _email),
    ("directory", _directory),
    ("clock", _clock),
)
