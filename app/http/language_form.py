"""The form in which people choose a language."""

from typing import Any

from wtforms import SelectField
from wtforms.fields.choices import SelectChoice

from app.core.translation import LANGUAGES
from app.core.translation import lazy_gettext as _l
from app.http.forms import Form

FROM_BROWSER = ""


class LanguageForm(Form):
    language = SelectField(_l("Language"))

    def __init__(self, *, or_browsers: bool, **options: Any) -> None:
        """`or_browsers`: also offers to follow the browser."""
        super().__init__(**options)
        browsers = [SelectChoice(FROM_BROWSER, _l("Same as your browser"))] if or_browsers else []
        self.language.choices = browsers + [SelectChoice(name, words) for name, words in LANGUAGES.items()]
