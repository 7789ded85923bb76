"""What commands and the application import at their start: the pages and their libraries take longer to import than
most commands to run.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.settings import ROOT, Settings

RUN = """
import atexit, gc, sys
atexit.register(lambda: print(*sys.modules, *["collects"] * gc.isenabled(), file=sys.stderr))
from app.cli.main import main
main()
"""
OF_PAGES = {"app.urls", "app.crm", "flask_wtf", "limits", "markdown_it", "whitenoise", "wtforms"}
OF_SIGN_INS = {"app.login", "app.microsoft_clients", "PIL", "argon2", "identity", "jwt", "msal", "requests", "webauthn"}
OF_THE_QUEUE = {"huey", "redis"}
OF_TASKS = OF_THE_QUEUE | {"app.core.tasks", "email_validator", "prometheus_client"}
OF_MIGRATIONS = {"alembic", "flask_migrate", "mako"}
SELDOM_USED = {
    *("PIL", "dns", "email_validator", "identity", "limits", "markdown_it", "msal", "publicsuffixlist", "requests"),
    *("scim2_models", "segno", "webauthn", "zxcvbn"),
}
"""What few requests need."""
OF_THE_DATABASE = {"sqlalchemy", "flask_sqlalchemy", "app.core.database"}
ALL = OF_PAGES | OF_SIGN_INS | OF_TASKS | OF_MIGRATIONS


def imported(settings: Settings, *arguments: str, code: int = 0) -> set[str]:
    """The modules that a command has imported at its end, and "collects" if it collects garbage by then."""
    environment = os.environ | {
        "MICROSOFT_CLOUD": "sandbox",
        "DATABASE_URL": settings.database,
        "REDIS_URL": settings.redis_url.get_secret_value(),
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "ENCRYPTION_KEYS": ",".join(key.get_secret_value() for key in settings.encryption_keys),
    }
    ran = subprocess.run(
        [sys.executable, "-c", RUN, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == code, ran.stderr
    return set(ran.stderr.splitlines()[-1].split())


def test_new_key_is_created_without_database(settings: Settings) -> None:
    modules = imported(settings, "keys", "new")
    assert "app.settings" in modules
    assert modules & (ALL | OF_THE_DATABASE) == set()


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("command", "needed", "spared"),
    [
        ("companies list", "app.connections.queries", ALL),
        ("keys rotate", "app.cli.key_rotation", ALL - {"app.crm", "email_validator"}),  # of the models
        ("audit verify", "app.audit.chain", OF_PAGES | OF_TASKS | OF_MIGRATIONS),
        ("db current", "flask_migrate", OF_SIGN_INS | {"app.urls", "huey", "redis", "wtforms"}),
    ],
)
def test_command_imports_only_what_it_needs(settings: Settings, command: str, needed: str, spared: set[str]) -> None:
    modules = imported(settings, *command.split())
    assert {needed, "collects"} <= modules
    assert modules & spared == set()
    if command != "db current":  # migrations name PostgreSQL's errors
        assert ("psycopg" in modules) == settings.database.startswith("postgresql")


@pytest.mark.usefixtures("app")
def test_application_starts_without_what_few_requests_need(settings: Settings) -> None:
    modules = imported(settings, "routes")
    assert {"app.urls", "collects"} <= modules
    assert modules & (SELDOM_USED | OF_MIGRATIONS | {"huey"}) == set()
    is_shared = settings.database.startswith("postgresql")
    assert ("psycopg" in modules, "redis" in modules) == (is_shared, is_shared)


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("command", "code", "spared"),
    [
        ("people recovery-link a@b.example --company none", 1, OF_PAGES | OF_SIGN_INS | OF_MIGRATIONS | OF_THE_QUEUE),
        ("applications list", 0, OF_PAGES | SELDOM_USED | OF_MIGRATIONS | OF_THE_QUEUE),
        (
            "doctor",
            1,
            OF_PAGES - {"app.crm"} | SELDOM_USED | {"app.applications.queries", "app.login", "argon2", "jwt"},
        ),
    ],
)
def test_command_using_the_queue_does_not_import_pages(
    settings: Settings, command: str, code: int, spared: set[str]
) -> None:
    modules = imported(settings, *command.split(), code=code)
    assert "app.core.tasks" in modules
    assert modules & spared == set()


def test_settings_file_that_is_not_utf_8_is_reported(tmp_path: Path) -> None:
    """Reported by the command itself: Flask reads the file before Portico's modules."""
    file = tmp_path / ".env"
    file.write_bytes("LOG_LEVEL=INFO\nMAIL_FROM=Pörtico <a@example.com>\n".encode("latin-1"))
    ran = subprocess.run(
        [Path(sys.executable).parent / "flask", "doctor"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (1, f"{file}: isn’t UTF-8 (line 2); save it as UTF-8\n")
