"""Forms of a company's own page."""

from typing import Any

from wtforms import Field, StringField, ValidationError
from wtforms.validators import Length

from app.companies import codes
from app.core.text import sanitize, shows_something
from app.core.translation import gettext as _
from app.core.translation import lazy_gettext as _l
from app.http.forms import Form

LONGEST_NAME = 100


class NameForm(Form):
    name = StringField(_l("Company name"), [Length(max=LONGEST_NAME)], [sanitize])

    def validate_name(self, field: Field) -> None:
        if not shows_something(field.data):
            raise ValidationError(_("Enter your company’s name."))


class DeleteForm(Form):
    code = StringField(_l("Login code"))

    def __init__(self, wanted: str, **options: Any) -> None:
        """`wanted`: the login code that has to be typed."""
        super().__init__(**options)
        self._wanted = wanted

    def validate_code(self, field: Field) -> None:
        if codes.normal(field.data or "") != self._wanted:
            raise ValidationError(_("Enter the login code %(code)s to delete the company.", code=self._wanted))
