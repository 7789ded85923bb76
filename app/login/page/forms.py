"""The form that finds a company's login page."""

from wtforms import Field, StringField, ValidationError

from app.companies import codes
from app.core.email_address import InvalidEmail, parse_email
from app.core.translation import lazy_gettext as _l
from app.http.forms import Form, NextField, typed_email

AT_SIGNS = "@\uff20\ufe6b"
"""As people type it, also in full width."""


class FindForm(Form):
    """One field for both, so that no one has to know which of them they have."""

    code = StringField(_l("Work email or login code"), filters=[typed_email])
    next = NextField()
    login_code = ""
    email = ""
    """One of them is set, once the form is valid."""

    @property
    def has_email(self) -> bool:
        return any(sign in (self.code.data or "") for sign in AT_SIGNS)

    def validate_code(self, field: Field) -> None:
        if self.has_email:
            try:
                self.email = parse_email(field.data.translate(dict.fromkeys(map(ord, AT_SIGNS), "@")))
            except InvalidEmail as error:
                raise ValidationError(str(error)) from None
            return
        self.login_code = codes.normal(field.data)
        if fault := codes.fault(self.login_code):
            raise ValidationError(fault)
