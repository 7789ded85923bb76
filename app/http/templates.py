"""How templates are set up."""

from functools import lru_cache, partial
from typing import Any

from flask import Flask
from jinja2 import Environment
from markupsafe import Markup

from app.text import isolate


def init_app(app: Flask) -> None:
    app.jinja_env.finalize = shown
    # For a name inside a sentence that a template puts together.
    app.jinja_env.filters["isolate"] = isolate
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    # A filter of a constant is worked out once, when its template is compiled.
    app.jinja_env.filters["icon"] = lru_cache(partial(_icon, app.jinja_env))
    # Files don't change while the process runs, so Jinja need not look at each request whether they did.
    app.jinja_env.auto_reload = False


def shown(value: Any) -> Any:
    """Whatever a page or a mail shows: a text that runs from right to left turns nothing around it."""
    return isolate(value) if type(value) is str else value


def _icon(environment: Environment, name: str) -> Markup:
    module: Any = environment.get_template("icons.html").module
    drawn: Markup = module.icon(name)
    return drawn
