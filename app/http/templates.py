"""Configures Jinja, and the translation of what templates show."""

from collections.abc import MutableMapping
from contextvars import ContextVar
from functools import lru_cache, partial
from typing import Any

from babel.support import NullTranslations
from flask import Flask
from flask.templating import Environment as FlaskEnvironment
from jinja2 import Environment, pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from app.core.text import isolate
from app.core.translation import catalog, gettext


class PageEnvironment(FlaskEnvironment):
    """Templates have no globals of their own, so all share the environment's. Jinja puts a ChainMap in between, and
    goes through it, key by key, for every layout, include and import of a page.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return super().make_globals(d) if d else self.globals


class _Texts(dict[str, Markup]):
    """A catalog, and its texts without values as pages show them, by the English ones."""

    def __init__(self, catalog: NullTranslations) -> None:
        super().__init__()
        self.catalog = catalog

    def __missing__(self, text: str) -> Markup:
        shown = Markup(self.catalog.ugettext(text))  # noqa: S704 - a text of ours
        self[text] = shown % {} if "%" in shown else shown
        return self[text]


_texts: ContextVar[_Texts] = ContextVar("texts")
_texts_of = lru_cache(_Texts)


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
    app.jinja_env.globals |= {"_": _text, "gettext": _text, "ngettext": _text_with_number}
    # No text has a context, and Flask-Babel's functions wouldn't isolate names.
    del app.jinja_env.globals["pgettext"], app.jinja_env.globals["npgettext"]
    app.jinja_env.filters["translated"] = gettext
    app.context_processor(_choose_texts)


@pass_eval_context
def _text(evaluation: EvalContext, text: str, **values: Any) -> str:
    texts = _texts.get()
    if evaluation.autoescape and not values:
        return texts[text]
    return _sentence(evaluation, texts.catalog.ugettext(text), values)


@pass_eval_context
def _text_with_number(evaluation: EvalContext, singular: str, plural: str, number: int, **values: Any) -> str:
    translated = _texts.get().catalog.ungettext(singular, plural, number)
    return _sentence(evaluation, translated, {"num": number, **values})


def _choose_texts() -> dict[str, Any]:
    """The language of a page or an email, looked up once for all of its texts."""
    _texts.set(_texts_of(catalog()))
    return {}


def _sentence(evaluation: EvalContext, text: str, values: dict[str, Any]) -> str:
    """The text with its values, isolated and on pages escaped: Jinja's `finalize` sees only the whole sentence."""
    if evaluation.autoescape:
        text = Markup(text)  # noqa: S704 - a text of ours
    if values or "%" in text:
        text %= {name: shown(value) for name, value in values.items()}
    return text if isinstance(text, Markup) else Sentence(text)


def _icon(environment: Environment, name: str) -> Markup:
    module: Any = environment.get_template("icons.html").module
    drawn: Markup = module.icon(name)
    return drawn
