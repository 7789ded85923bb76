"""Templates, as quick as they can be."""

import re
import secrets
from collections.abc import Callable, Mapping
from functools import lru_cache, partial, wraps
from typing import Any

from flask import Flask, current_app, g, session
from jinja2 import Environment, Template
from jinja2.environment import TemplateModule
from jinja2.runtime import Context
from markupsafe import Markup, escape

from app.text import isolate
from app.web.csrf import csrf_token
from app.web.headers import csp_nonce

KEPT_SHAPES = 500
MARK = secrets.token_hex(8)
PLACE = re.compile(f"{MARK}([a-z_0-9]+){MARK}")


def place(name: str) -> str:
    """Stands in a kept page for a text that is one company's or one answer's own."""
    return f"{MARK}{name}{MARK}"


def kept(page: Callable[..., str]) -> Callable[..., Markup]:
    """Renders a page, or a part of one, once for each shape that it has, with a `place` wherever a text is somebody's
    own. Those texts are put in, escaped, at each answer: what is kept is nobody's, and can show nobody another one's.

    The page is called with its shape; what comes of it, with the shape and, by name, the texts.
    """

    @lru_cache(maxsize=KEPT_SHAPES)
    def pieces(_app: Flask, *shape: object) -> list[str]:
        """The page; at the odd places, the names of what is put in."""
        own = csp_nonce(), csrf_token()
        g.csp_nonce, g.csrf_token = place("csp_nonce"), place("csrf_token")
        try:
            return PLACE.split(page(*shape))
        finally:
            g.csp_nonce, g.csrf_token = own

    @wraps(page)
    def filled(*shape: object, texts: Mapping[str, str]) -> Markup:
        # What is flashed stands in this one answer.
        make = pieces.__wrapped__ if "_flashes" in session else pieces
        own = {**texts, "csp_nonce": csp_nonce(), "csrf_token": csrf_token()}
        found = make(current_app._get_current_object(), *shape)  # type: ignore[attr-defined]
        joined = "".join([escape(shown(own[piece])) if number % 2 else piece for number, piece in enumerate(found)])
        return Markup(joined)  # noqa: S704 - a template made it, and what was put in is escaped

    return filled


class _Template(Template):
    """Imported templates are components: they know nothing of who imports them, so one module of each serves all.
    Jinja would compare all globals at every import to find that out."""

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        return super()._get_default_module(None)


def init_app(app: Flask) -> None:
    app.jinja_env.template_class = _Template
    app.jinja_env.finalize = shown
    # For a name inside a sentence that a template puts together.
    app.jinja_env.filters["isolate"] = isolate
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    # A filter of a constant is worked out once, when its template is compiled.
    app.jinja_env.filters["icon"] = lru_cache(partial(_icon, app.jinja_env))
    # Files don't change while we run, so nobody looks at each request whether they did.
    app.jinja_env.auto_reload = False


def shown(value: Any) -> Any:
    """Whatever a page or a mail shows: a text that runs from right to left turns nothing around it."""
    return isolate(value) if type(value) is str else value


def _icon(environment: Environment, name: str) -> Markup:
    module: Any = environment.get_template("icons.html").module
    drawn: Markup = module.icon(name)
    return drawn
