"""Which language is the present one."""

from contextlib import suppress

from flask import Flask

from app.core.translation import current_language, gettext, in_language
from app.http import languages


def test_language_ends_with_its_context(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "ja"}):
        assert current_language() == "ja"
        with in_language("de"):
            assert current_language() == "de"
            with suppress(ZeroDivisionError), in_language("fr"):
                assert current_language() == "fr"
                raise ZeroDivisionError
            assert current_language() == "de"
        assert current_language() == "ja"


def test_what_becomes_known_changes_the_language_after_the_first_text(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "ja"}):
        japanese = gettext("Sign in")
        languages.note(person="de")
        assert current_language() == "de"
        assert gettext("Sign in") not in ("Sign in", japanese)


def test_outside_of_the_application_texts_are_in_english() -> None:
    with in_language("de"):
        assert current_language() == "en"
        assert gettext("Sign in") == "Sign in"
