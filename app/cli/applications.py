"""As much of an application as a command needs: pages and their libraries take longer to import than most commands to
run.
"""

from collections.abc import Callable
from functools import cached_property, wraps
from importlib import import_module
from typing import Any

import click
from flask import Flask
from flask.cli import ScriptInfo

from app.core.garbage_collection import paused_collections
from app.settings import ROOT, Settings, load_settings

Command = Callable[..., Any]


def create_database_app(settings: Settings | None = None) -> Flask:
    """An application with access to the database alone: no views, no queue, no clients for Microsoft.

    Raises SettingsError if the environment is incomplete or invalid.
    """
    from app.core import database, logging, translation
    from app.http.templates import PageEnvironment

    settings = settings or load_settings()
    logging.configure(settings)
    app = Flask("app", static_folder=None, template_folder=str(ROOT / "templates"))
    app.jinja_environment = PageEnvironment
    _configure(app, settings)
    translation.init_app(app)
    database.init_app(app, settings)
    return app


def create_models_app(settings: Settings | None = None) -> Flask:
    """An application with access to the database that knows all tables. Raises SettingsError."""
    for path in sorted((ROOT / "app").rglob("models.py")):
        import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    return create_database_app(settings)


def create_examined_app(settings: Settings | None = None) -> Flask:
    """An application for `flask doctor`: all tables, the queue and email. Raises SettingsError."""
    settings = settings or load_settings()
    app = create_models_app(settings)
    _add_services(app, settings)
    return app


def create_migrations_app() -> Flask:
    """An application for `flask db`, with all tables. Raises SettingsError."""
    from app.core import database

    settings = load_settings()
    app = create_models_app(settings)
    database.init_migrations(app, settings)
    return app


def create_writing_app(settings: Settings | None = None) -> Flask:
    """An application without views that writes, enqueues tasks and sends emails, and in which what happens has the
    same consequences as in a page. Raises SettingsError.
    """
    from app.applications import subscribers as application_subscribers
    from app.connections import subscribers as connection_subscribers
    from app.core import dns_lookup
    from app.http import template_filters, templates
    from app.people import sign_in_changes
    from app.provisioning.leavers import subscribers as leaver_subscribers
    from app.provisioning.roles import subscribers as role_subscribers
    from app.provisioning.scim import subscribers as provisioning_subscribers
    from app.sessions import subscribers as session_subscribers

    settings = settings or load_settings()
    app = create_database_app(settings)
    _add_services(app, settings)
    dns_lookup.init_app(app, settings)
    templates.init_app(app)
    template_filters.init_app(app)
    sign_in_changes.subscribe_to_events()
    session_subscribers.subscribe_to_events()
    connection_subscribers.subscribe_to_events()
    application_subscribers.subscribe_to_events()
    role_subscribers.subscribe_to_events()
    leaver_subscribers.subscribe_to_events()
    provisioning_subscribers.subscribe_to_events()
    return app


def _add_services(app: Flask, settings: Settings) -> None:
    from app.companies.branding import queries as branding
    from app.core import database, email, tasks

    if settings.database.startswith("sqlite"):
        # The queue, too, writes into a file beside it, as soon as it exists.
        database.check_writable(app)
    tasks.init_app(app, settings)
    email.init_app(app, settings, branding.image)


def in_application(
    create: Callable[[], Flask], imports: str = ""
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Runs a command in the context of this application, or of the one that called it. `imports` names a module whose
    tasks the application must know.
    """

    def decorate(command: Command) -> Command:
        @click.pass_context
        @wraps(command)
        def run(context: click.Context, *arguments: Any, **options: Any) -> Any:
            if imports:
                import_module(imports)
            with _use(context, create).load_app().app_context():
                return context.invoke(command, *arguments, **options)

        return run

    return decorate


class LazyGroup(click.Group):
    """A group that is elsewhere, and imported when it is called. Its commands run in the context of this application,
    or of the one that called them.
    """

    def __init__(self, name: str, group: str, create: Callable[[], Flask], **options: Any) -> None:
        super().__init__(name, **options)
        self._module, _, self._attribute = group.partition(":")
        self._create = create

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """A context of the group itself, which click then invokes."""
        if parent:
            _use(parent, self._create)
        return self._group.make_context(info_name, args, parent, **extra)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return self._group.list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return self._group.get_command(ctx, cmd_name)

    @cached_property
    def _group(self) -> click.Group:
        found = getattr(import_module(self._module), self._attribute)
        assert isinstance(found, click.Group)
        return found


def _use(context: click.Context, create: Callable[[], Flask]) -> ScriptInfo:
    info = context.ensure_object(ScriptInfo)
    info.create_app = info.create_app or paused_collections()(create)
    return info


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
