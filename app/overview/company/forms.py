"""Forms of a company's own page."""

from typing import Any

from wtforms import Field, StringField, ValidationError

from app.companies import codes
from app.companies.forms import name_field
from app.core.translation import gettext as _
from app.core.translation import lazy_gettext as _l
from app.http.forms import Form


class NameForm(Form):
    name = name_field()


class DeleteForm(Form):
    code = StringField(_l("Login code"))

    def __init__(self, wanted: str, **options: Any) -> None:
        """`wanted`: the login code that has to be typed."""
        super().__init__(**options)
        self._wanted = wanted

    def validate_code(self, field: Field) -> None:
        if codes.normal(field.data or "") != self._wanted:
            raise ValidationError(_("Enter the login code %(code)s to delete the company.", code=self._wanted))
