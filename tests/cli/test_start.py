"""What commands import: the pages and their libraries take longer to import than most commands to run."""

import os
import subprocess
import sys

import pytest

from app.settings import ROOT, Settings

RUN = """
import atexit, sys
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
import flask.cli
flask.cli.main()
"""
OF_PAGES = {"app.urls", "app.login", "app.crm", "app.overview", "app.microsoft_clients", "app.core.tasks"}
LIBRARIES = {
    *("PIL", "alembic", "argon2", "email_validator", "flask_migrate", "flask_wtf", "huey", "identity", "jwt", "limits"),
    *(
        "mako",
        "markdown_it",
        "msal",
        "prometheus_client",
        "redis",
        "requests",
        "segno",
        "webauthn",
        "whitenoise",
        "wtforms",
        "zxcvbn",
    ),
}
OF_THE_DATABASE = {"sqlalchemy", "flask_sqlalchemy", "app.core.database"}


def imported(settings: Settings, *arguments: str) -> set[str]:
    """The modules that a command has imported at its end."""
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
    assert ran.returncode == 0, ran.stderr
    return set(ran.stderr.splitlines()[-1].split())


def test_a_key_is_made_without_the_database(settings: Settings) -> None:
    modules = imported(settings, "keys", "new")
    assert "app.settings" in modules
    assert modules & (OF_PAGES | LIBRARIES | OF_THE_DATABASE) == set()


@pytest.mark.usefixtures("app")
def test_companies_are_listed_without_the_pages(settings: Settings) -> None:
    modules = imported(settings, "companies", "list")
    assert "app.connections.queries" in modules
    assert modules & (OF_PAGES | LIBRARIES) == set()
    assert ("psycopg" in modules) == settings.database.startswith("postgresql")
