"""Templates, as quick as they can be."""

import secrets
from collections.abc import Callable
from functools import lru_cache, wraps

from flask import Flask, current_app, g, session
from jinja2 import Template
from jinja2.environment import TemplateModule
from jinja2.runtime import Context

from app.web.guards import csrf_token
from app.web.headers import csp_nonce

KEPT_PAGES = 500
NONCE, TOKEN = secrets.token_hex(16), secrets.token_hex(16)
"""Stand in a kept page for what is one answer's own."""


def remembered(page: Callable[..., str]) -> Callable[..., str]:
    """Keeps a public page's text by its arguments, which must be all that it shows: equal ones make the same page, so
    that nothing has to be forgotten, and nobody can be shown what was made of other values than his own."""

    @lru_cache(maxsize=KEPT_PAGES)
    def kept(_app: Flask, *shown: object) -> str:
        return page(*shown)

    @wraps(page)
    def filled(*shown: object) -> str:
        if "_flashes" in session:
            return page(*shown)
        nonce, token = csp_nonce(), csrf_token()
        g.csp_nonce, g.csrf_token = NONCE, TOKEN
        try:
            text = kept(current_app._get_current_object(), *shown)  # type: ignore[attr-defined]
        finally:
            g.csp_nonce, g.csrf_token = nonce, token
        return text.replace(NONCE, nonce).replace(TOKEN, token)

    return filled


class _Template(Template):
    """Imported templates are components: they know nothing of who imports them, so one module of each serves all.
    Jinja would compare all globals at every import to find that out."""

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        return super()._get_default_module(None)


def init_app(app: Flask) -> None:
    app.jinja_env.template_class = _Template
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    # Files don't change while we run, so nobody looks at each request whether they did.
    app.jinja_env.auto_reload = False
