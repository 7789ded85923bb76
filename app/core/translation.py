"""gettext, with types. Outside of a request, texts are in English, but for `in_language`.

Texts of a template are wrapped in `_()` or `{% trans %}`, texts of a function in `_()`, and labels and messages of a
form class in `lazy_gettext`, which is evaluated when they are shown. A catalog, which is made at import, holds English
texts marked with `N_` (`app.core.text.gettext_noop`); what shows them calls `_`, in templates the filter `translated`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import flask_babel
from babel import Locale
from babel.support import NullTranslations
from flask import Flask, g, has_app_context
from flask_babel.speaklater import LazyString

from app.settings import ROOT

CATALOGS = ROOT / "translations"
ENGLISH = "en"
LANGUAGES = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "pt_BR": "Português (Brasil)",
    "ja": "日本語",
    "ar": "العربية",
}
"""Each in its own language, by the name of its catalogs in translations/."""
RIGHT_TO_LEFT = ("ar",)
FOR_ADMINS = ("en", "de")
"""The languages of what only owners and admins read."""


def init_app(app: Flask) -> None:
    # Two catalogs for each language: of what all people read, and of what only owners and admins read.
    # Flask-Babel takes the rule for plurals from the last, and of the two only `people` exists in every language.
    app.config["BABEL_DOMAIN"] = "admins;people"
    flask_babel.Babel(app, default_translation_directories=f"{CATALOGS};{CATALOGS}")


def choose_language(app: Flask, choose: Callable[[], str]) -> None:
    """`choose` gives the language of a request's response."""
    # Of each language there is one object, by which its catalog is found faster than by comparing.
    flask_babel.get_babel(app).locale_selector = lambda: _parsed(choose())


def choose_language_again() -> None:
    """What the language follows from has changed: the next text is in the one that is chosen then."""
    flask_babel.refresh()
    _forget_locale()


@contextmanager
def in_language(language: str) -> Iterator[None]:
    """Translates to this language within the context: an email, say."""
    try:
        with flask_babel.force_locale(language):
            _forget_locale()
            yield
    finally:
        _forget_locale()


def current_language() -> str:
    """The language of what is translated now, by the name of its catalog; English outside of the application."""
    locale = _locale()
    return _name(locale) if locale else ENGLISH


def tag(language: str) -> str:
    """The language as HTML and HTTP name it (BCP 47)."""
    return language.replace("_", "-")


def is_right_to_left(language: str) -> bool:
    return language in RIGHT_TO_LEFT


def direction(language: str) -> str:
    """As HTML names it."""
    return "rtl" if is_right_to_left(language) else "ltr"


def gettext(text: str, **values: object) -> str:
    """The text in the reader's language, with `%(name)s` replaced by the value of that name."""
    translated: str = catalog().ugettext(text)
    return translated % values if values else translated


def ngettext(singular: str, plural: str, number: int, **values: object) -> str:
    """The form of the text that goes with the number, which is `%(num)s` in it."""
    translated: str = catalog().ungettext(singular, plural, number)
    return translated % {"num": number, **values}


def lazily(show: Callable[..., str], *values: object) -> Any:
    """What `show` returns in the language in which it is shown."""
    return LazyString(show, *values)


def lazy_gettext(text: str, **values: object) -> Any:
    """A text that is translated when it is shown."""
    return flask_babel.lazy_gettext(text, **values)


def catalog() -> NullTranslations:
    """The texts of the reader's language. Flask-Babel's own lookup takes three times as long, once for each text."""
    locale = _locale()
    return _catalog(locale) if locale else NullTranslations()


def _locale() -> Locale | None:
    """Flask-Babel's, kept in `g`: its own function looks it up through the proxy four times, for each text and time of
    a page.
    """
    try:
        # The object itself has it in a sixth of the time that the proxy takes.
        locale: Locale | None = g._get_current_object().locale
    except (RuntimeError, AttributeError):  # outside of the application, or not chosen yet
        locale = flask_babel.get_locale()
        if has_app_context():
            g.locale = locale
    return locale


def _forget_locale() -> None:
    if has_app_context():
        g.pop("locale", None)


_parsed = lru_cache(Locale.parse)


@lru_cache
def _name(locale: Locale) -> str:
    return str(locale)


@lru_cache
def _catalog(_locale: Locale) -> NullTranslations:
    found: NullTranslations = flask_babel.get_translations()
    return found
