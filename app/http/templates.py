"""Configures Jinja, and the translation of what templates show."""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

from flask import Flask
from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from app.core.text import isolate
from app.core.translation import gettext


def init_app(app: Flask) -> None:
    app.jinja_env.finalize = shown
    # For a name inside a sentence that a template composes.
    app.jinja_env.filters["isolate"] = isolate
    _add_gettext(app)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    # Jinja evaluates a filter of a constant once, when it compiles the template.
    app.jinja_env.filters["icon"] = lru_cache(partial(_icon, app.jinja_env))
    # Files don't change while the process runs, so Jinja need not check them on each request.
    app.jinja_env.auto_reload = False


def shown(value: Any) -> Any:
    """Anything a page or an email shows: right-to-left text is isolated from what surrounds it."""
    return isolate(value) if type(value) is str else value


class Sentence(str):
    """A translated text of an email, whose names are isolated already."""

    __slots__ = ()


def _add_gettext(app: Flask) -> None:
    """Adds `_`, `ngettext` and `{% trans %}`, for the template's own texts, and the filter `translated`, for texts of a
    catalog, which are escaped.
    """
    for name in ("gettext", "ngettext", "pgettext", "npgettext"):
        app.jinja_env.globals[name] = _isolating(app.jinja_env.globals[name])  # type: ignore[arg-type]
    app.jinja_env.filters["translated"] = gettext


def _isolating(translate: Callable[..., str]) -> Callable[..., str]:
    """The function with isolated values, as Jinja's `finalize` sees only the whole sentence."""

    @pass_context
    def isolating(context: Context, *texts: Any, **values: Any) -> str:
        sentence = translate(context, *texts, **{name: shown(value) for name, value in values.items()})
        return sentence if isinstance(sentence, Markup) else Sentence(sentence)

    return isolating


def _icon(environment: Environment, name: str) -> Markup:
    module: Any = environment.get_template("icons.html").module
    drawn: Markup = module.icon(name)
    return drawn
