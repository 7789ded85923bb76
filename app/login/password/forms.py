"""Forms for signing in with a password and for choosing one."""

from typing import Any

from wtforms import BooleanField, EmailField, Field, PasswordField, ValidationError
from wtforms.validators import InputRequired

from app.core.translation import lazy_gettext as _l
from app.http.forms import Form, NextField, typed_email
from app.people.passwords import fault


class SignInForm(Form):
    """On the login page. A blank field counts as a wrong password, so nothing is validated."""

    email = EmailField(_l("Email address"), filters=[typed_email])
    password = PasswordField(_l("Password"))
    next = NextField()
    remember = BooleanField()


class NewPasswordForm(Form):
    password = PasswordField(_l("New password"), [InputRequired(_l("Choose a password."))])

    def __init__(self, about: list[str], **options: Any) -> None:
        """`about`: names associated with the person, which a password must not be built from."""
        super().__init__(**options)
        self._about = about

    def validate_password(self, field: Field) -> None:
        if why := fault(field.data, self._about):
            raise ValidationError(why)
