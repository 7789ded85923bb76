"""Forms for choosing a password."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, PasswordField, ValidationError
from wtforms.validators import InputRequired

from app.people.passwords import fault


class NewPasswordForm(FlaskForm):
    class Meta:
        csrf = False  # One check for all forms runs before every view.

    password = PasswordField("New password", [InputRequired("Choose a password.")])

    def __init__(self, about: list[str], **options: Any) -> None:
        """`about`: names associated with the person, which a password must not be built from."""
        super().__init__(**options)
        self._about = about

    def validate_password(self, field: Field) -> None:
        if why := fault(field.data, self._about):
            raise ValidationError(f"A password {why}.")
