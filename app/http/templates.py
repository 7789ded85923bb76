"""Configures Jinja."""

from functools import lru_cache, partial
from typing import Any

from flask import Flask
from jinja2 import Environment
from markupsafe import Markup

from app.core.text import isolate


def init_app(app: Flask) -> None:
    app.jinja_env.finalize = shown
    # For a name inside a sentence that a template composes.
    app.jinja_env.filters["isolate"] = isolate
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    # Jinja evaluates a filter of a constant once, when it compiles the template.
    app.jinja_env.filters["icon"] = lru_cache(partial(_icon, app.jinja_env))
    # Files don't change while the process runs, so Jinja need not check them on each request.
    app.jinja_env.auto_reload = False


def shown(value: Any) -> Any:
    """Anything a page or an email shows: right-to-left text is isolated from what surrounds it."""
    return isolate(value) if type(value) is str else value


def _icon(environment: Environment, name: str) -> Markup:
    module: Any = environment.get_template("icons.html").module
    drawn: Markup = module.icon(name)
    return drawn
