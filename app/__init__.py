"""Portico: a login page for each company, with Microsoft Entra ID."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.core.garbage_collection import paused_collections, skip_last_collection

if TYPE_CHECKING:
    from flask import Flask

    from app.settings import Settings


@paused_collections()
def create_app(settings: Settings | None = None) -> Flask:
    """Creates the application.

    Raises SettingsError if the environment is incomplete or invalid.
    """
    # Imported here, so that commands which need less of it start without the rest.
    from app import setup
    from app.cli.applications import create_writing_app
    from app.settings import load_settings

    skip_last_collection()
    settings = settings or load_settings()
    app = create_writing_app(settings)
    setup.init_app(app, settings)
    return app
