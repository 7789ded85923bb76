"""The form for a new company with its first owner."""

from wtforms import EmailField, Field, PasswordField, StringField, ValidationError
from wtforms.validators import DataRequired, InputRequired, Length

from app.companies import codes
from app.companies.forms import name_field
from app.core.text import sanitize_code, sanitize_name
from app.core.translation import lazy_gettext as _l
from app.http.forms import Form, NextField, clean_email, valid_email
from app.login.page_settings.forms import code_fault
from app.people.passwords import fault


class SignUpForm(Form):
    company = name_field()
    code = StringField(
        _l("Login code"), [DataRequired(_l("Choose a login code."))], [lambda text: codes.normal(sanitize_code(text))]
    )
    name = StringField(_l("Full name"), [DataRequired(_l("Enter your name.")), Length(max=100)], [sanitize_name])
    email = EmailField(_l("Work email"), [DataRequired(_l("Enter your email address.")), valid_email], [clean_email])
    password = PasswordField(_l("Password"), [InputRequired(_l("Choose a password."))])
    next = NextField()

    def validate_code(self, field: Field) -> None:
        if why := code_fault(None, field.data, None):
            raise ValidationError(why)

    def validate_password(self, field: Field) -> None:
        about = [self.company.data, self.code.data, self.name.data, self.email.data]
        if why := fault(field.data, [text for text in about if text]):
            raise ValidationError(why)
