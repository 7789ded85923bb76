"""gettext, with types. Outside of the application, texts stay in English.

Texts of a template are wrapped in `_()` or `{% trans %}`, texts of a function in `_()`, and labels and messages of a
form class in `lazy_gettext`, which is evaluated when they are shown. A catalog, which is made at import, holds English
texts marked with `N_` (`app.core.text.gettext_noop`); what shows them calls `_`, in templates the filter `translated`.
"""

from functools import lru_cache
from typing import Any

import flask_babel
from babel import Locale
from babel.support import NullTranslations
from flask import Flask


def init_app(app: Flask) -> None:
    flask_babel.Babel(app)


def gettext(text: str, **values: object) -> str:
    """The text in the reader's language, with `%(name)s` replaced by the value of that name."""
    translated: str = catalog().ugettext(text)
    return translated % values if values else translated


def ngettext(singular: str, plural: str, number: int, **values: object) -> str:
    """The form of the text that goes with the number, which is `%(num)s` in it."""
    translated: str = catalog().ungettext(singular, plural, number)
    return translated % {"num": number, **values}


def lazy_gettext(text: str) -> Any:
    """A text that is translated when it is shown."""
    return flask_babel.lazy_gettext(text)


def catalog() -> NullTranslations:
    """The texts of the reader's language. Flask-Babel's own lookup takes three times as long, once for each text."""
    locale = flask_babel.get_locale()
    return _catalog(locale) if locale else NullTranslations()


@lru_cache
def _catalog(_locale: Locale) -> NullTranslations:
    found: NullTranslations = flask_babel.get_translations()
    return found
