"""Forms for a forgotten password and for changing one."""

from wtforms import EmailField, PasswordField

from app.core.translation import lazy_gettext as _l
from app.http.forms import Form, NextField, typed_email
from app.login.password.forms import NewPasswordForm


class ForgotForm(Form):
    email = EmailField(_l("Email address"), filters=[typed_email])
    next = NextField()


class ChangePasswordForm(NewPasswordForm):
    old = PasswordField(_l("Current password"))
