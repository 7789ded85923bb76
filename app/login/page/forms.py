"""The form that finds a company's login page."""

from wtforms import Field, StringField, ValidationError

from app.companies import codes
from app.core.translation import gettext as _
from app.core.translation import lazy_gettext as _l
from app.http.forms import Form, NextField


class FindForm(Form):
    code = StringField(_l("Login code"), filters=[lambda text: codes.normal(text or "")])
    next = NextField()

    def validate_code(self, field: Field) -> None:
        if "@" in field.data:
            raise ValidationError(_("That looks like an email address. Enter your login code instead."))
        if fault := codes.fault(field.data):
            raise ValidationError(fault)
