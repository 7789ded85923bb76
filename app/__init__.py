"""Portico: every company's own front door to a SaaS application, with Microsoft Entra ID."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from app.settings import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """The application, ready to serve.

    Raises SettingsError when the environment is half-configured.
    """
    from flask import Flask

    # Imported here, because the sandbox directory lives in this package, too, and is to start without all of this.
    from app import clients, database, mail, queue, urls
    from app.history import commands as history_commands
    from app.jobs import commands as job_commands
    from app.people import commands as people_commands
    from app.people.sessions import loading
    from app.provisioning import commands as provisioning_commands
    from app.settings import ROOT, load_settings
    from app.web import (
        access,
        assets,
        bodies,
        csrf,
        errors,
        formats,
        forwarding,
        guards,
        headers,
        json_requests,
        limits,
        logs,
        stale_forms,
        templates,
    )

    settings = settings or load_settings()
    logs.configure(settings)
    app = Flask(__name__, static_folder=None, template_folder=str(ROOT / "templates"))
    json_requests.init_app(app)
    _configure(app, settings)
    forwarding.init_app(app, settings)
    database.init_app(app, settings)
    if settings.database.startswith("sqlite"):
        # The queue, too, writes into a file beside it, as soon as it is there.
        database.check_writable(app)
    clients.init_app(app, settings)
    queue.init_app(app, settings)
    mail.init_app(app, settings)
    loading.init_app(app)
    limits.init_app(app, settings)
    bodies.init_app(app)
    csrf.init_app(app, settings)
    guards.init_app(app, settings)
    logs.init_app(app)
    headers.init_app(app, settings, clients.cloud_of(settings).browser_origin)
    errors.init_app(app)
    stale_forms.init_app(app)
    templates.init_app(app)
    formats.init_app(app)
    assets.init_app(app)
    access.register(app, urls.ROUTES)
    app.cli.add_command(provisioning_commands.companies)
    app.cli.add_command(job_commands.worker)
    app.cli.add_command(people_commands.people)
    app.cli.add_command(history_commands.audit)
    return app


def _configure(app: Flask, settings: Settings) -> None:
    from app.people.sessions.limits import LONGEST_SESSION
    from app.web.cookies import host_cookie

    app.config.update(
        BASE_URL=settings.base_url,
        SECRET_KEY=settings.secret_key.get_secret_value(),
        SESSION_COOKIE_NAME=host_cookie("session", secure=settings.secure),
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=LONGEST_SESSION,
        WORKER_METRICS_PORT=settings.worker_metrics_port,
    )
    app.jinja_env.globals["sandbox_origin"] = settings.sandbox_origin
