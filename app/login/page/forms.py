"""The form that finds a company's login page."""

from wtforms import Field, StringField, ValidationError

from app.companies import codes
from app.http.forms import Form, NextField


class FindForm(Form):
    code = StringField("Login code", filters=[lambda text: codes.normal(text or "")])
    next = NextField()

    def validate_code(self, field: Field) -> None:
        if fault := codes.fault(field.data):
            raise ValidationError(f"A login code {fault}.")
