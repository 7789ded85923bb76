"""Portico: a login page for each company, with Microsoft Entra ID."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from app.settings import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """Creates the application.

    Raises SettingsError if the environment is incomplete or invalid.
    """
    # Imported here, so that commands which need less of it start without the rest.
    from app import microsoft_clients, urls
    from app.cli import commands, worker
    from app.core import database, email, logging, tasks
    from app.http import (
        access,
        assets,
        bodies,
        csrf,
        errors,
        forwarding,
        headers,
        json_requests,
        rate_limits,
        request_checks,
        stale_forms,
        template_filters,
        templates,
    )
    from app.login import handlers as login_handlers
    from app.overview.audit_log import commands as audit_log_commands
    from app.people import commands as people_commands
    from app.people import sign_in_changes
    from app.sessions import session_loader
    from app.sessions import subscribers as session_subscribers
    from app.settings import load_settings

    settings = settings or load_settings()
    app = create_database_app(settings)
    json_requests.init_app(app)
    forwarding.init_app(app, settings)
    database.init_migrations(app, settings)
    if settings.database.startswith("sqlite"):
        # The queue, too, writes into a file beside it, as soon as it exists.
        database.check_writable(app)
    microsoft_clients.init_app(app, settings)
    tasks.init_app(app, settings)
    email.init_app(app, settings)
    session_loader.init_app(app)
    sign_in_changes.subscribe_to_events()
    session_subscribers.subscribe_to_events()
    rate_limits.init_app(app, settings)
    bodies.init_app(app)
    csrf.init_app(app, settings)
    request_checks.init_app(app, settings)
    logging.init_app(app)
    headers.init_app(app, settings, microsoft_clients.cloud_of(settings).browser_origin)
    errors.init_app(app)
    stale_forms.init_app(app)
    templates.init_app(app)
    template_filters.init_app(app)
    assets.init_app(app)
    login_handlers.init_app(app)
    access.register(app, urls.ROUTES)
    app.cli.add_command(commands.companies)
    app.cli.add_command(worker.worker)
    app.cli.add_command(people_commands.people)
    app.cli.add_command(audit_log_commands.audit)
    return app


def create_database_app(settings: Settings | None = None) -> Flask:
    """Creates an application with access to the database alone: no views, no queue, no clients for Microsoft. Commands
    that only read the database start with it, in half the time.

    Raises SettingsError if the environment is incomplete or invalid.
    """
    from flask import Flask

    from app.core import database, logging
    from app.settings import ROOT, load_settings

    settings = settings or load_settings()
    logging.configure(settings)
    app = Flask(__name__, static_folder=None, template_folder=str(ROOT / "templates"))
    _configure(app, settings)
    database.init_app(app, settings)
    return app


def _configure(app: Flask, settings: Settings) -> None:
    from app.http.cookies import host_cookie
    from app.sessions.limits import LONGEST_SESSION

    app.config.update(
        BASE_URL=settings.base_url,
        SECRET_KEY=settings.secret_key.get_secret_value(),
        SESSION_COOKIE_NAME=host_cookie("browser", secure=settings.secure),
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=LONGEST_SESSION,
        # Flask-Login reads this cookie before it asks our loader, and fails at an odd value. No cookie has a semicolon
        # in its name, so no request has this one.
        REMEMBER_COOKIE_NAME="none;",
        WORKER_METRICS_PORT=settings.worker_metrics_port,
    )
    app.jinja_env.globals["sandbox_origin"] = settings.sandbox_origin
