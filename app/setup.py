"""What an application with pages has besides what commands use: one line per part."""

from flask import Flask

from app import microsoft_clients, urls
from app.applications import setup as applications
from app.cli import commands, worker
from app.core import database, logging
from app.http import (
    access,
    assets,
    bodies,
    browser_cookie,
    csrf,
    errors,
    forwarding,
    headers,
    json_requests,
    languages,
    page_company,
    rate_limits,
    request_checks,
    stale_forms,
)
from app.login import handlers as login_handlers
from app.provisioning import setup as provisioning
from app.sessions import session_loader
from app.settings import Settings


def init_app(app: Flask, settings: Settings) -> None:
    json_requests.init_app(app)
    languages.init_app(app)
    page_company.init_app(app)
    forwarding.init_app(app, settings)
    database.init_migrations(app, settings)
    microsoft_clients.init_app(app, settings)
    session_loader.init_app(app)
    rate_limits.init_app(app, settings)
    bodies.init_app(app)
    browser_cookie.init_app(app)
    csrf.init_app(app, settings)
    request_checks.init_app(app, settings)
    logging.init_app(app)
    headers.init_app(app, settings, microsoft_clients.cloud_of(settings).browser_origin)
    errors.init_app(app)
    stale_forms.init_app(app)
    assets.init_app(app)
    login_handlers.init_app(app)
    applications.init_app(app, settings)
    provisioning.init_app(app)
    access.register(app, urls.ROUTES)
    for command in (*commands.OF_COMPANIES, worker.worker):
        app.cli.add_command(command)
