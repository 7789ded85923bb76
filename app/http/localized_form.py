"""A form with a text in several languages.

The text's own field has it in the company's default language. Each other language has a field, which is shown once it
has a text, or was added with the button that shows the form again and saves nothing.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from wtforms import Field, SelectField
from wtforms.fields.choices import SelectChoice

from app.core.text import isolate
from app.core.translation import ENGLISH, LANGUAGES, direction, tag
from app.core.translation import lazy_gettext as _l
from app.http.forms import Form, YesField

F = TypeVar("F", bound="type[LocalizedForm]")


def translated(text: str, make: Callable[[], Any]) -> Callable[[F], F]:
    """Adds a field for each language to a form, for the translations of its field named `text`."""

    def add(form: F) -> F:
        form.text = text
        for language in LANGUAGES:
            setattr(form, f"{text}_{language}", make())
        return form

    return add


class LocalizedForm(Form):
    text: str
    """The name of the field that is translated."""
    add_language = SelectField(_l("Add a language"), validate_choice=False)
    add = YesField()

    def __init__(
        self,
        *,
        default_language: str = ENGLISH,
        translations: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        stored = {f"{self.text}_{language}": text for language, text in (translations or {}).items()}
        super().__init__(**options, **stored)
        self.default_language = default_language
        has_text = self.text in self
        for language in LANGUAGES:
            if not has_text or language == default_language:
                del self[f"{self.text}_{language}"]
        if not has_text:
            del self["add_language"], self["add"]
            return
        self.add_language.choices = [
            SelectChoice(one, LANGUAGES[one]) for one in LANGUAGES if one not in self.shown_languages
        ]
        self._name_languages()

    @property
    def adds_language(self) -> bool:
        """Whether the form is to be shown again, with the field of one more language."""
        return bool(self.add.data) and self.added in LANGUAGES

    @property
    def added(self) -> str | None:
        """The language that was just added."""
        return str(self.add_language.data) if self.add.data else None

    @property
    def shown_languages(self) -> list[str]:
        """The company's default language, and those that have a field on the page."""
        others = [one for one in LANGUAGES if one != self.default_language]
        return [
            self.default_language,
            *(one for one in others if self.field_of(one).data or self.field_of(one).raw_data or one == self.added),
        ]

    @property
    def translation_fields(self) -> list[Field]:
        return [self.field_of(language) for language in self.shown_languages[1:]]

    @property
    def translations(self) -> dict[str, str] | None:
        """The entered translations, by language; None if there is none."""
        found = {one: self.field_of(one).data for one in self.shown_languages[1:] if self.field_of(one).data}
        return found or None

    def field_of(self, language: str) -> Field:
        return self[self.text if language == self.default_language else f"{self.text}_{language}"]

    def _name_languages(self) -> None:
        words, shown = self[self.text].label.text, self.shown_languages
        for language in shown:
            field = self.field_of(language)
            if len(shown) > 1:
                field.label.text = f"{words} ({isolate(LANGUAGES[language])})"
            field.render_kw = {"lang": tag(language), "dir": direction(language), "data_language": language}
