"""Forms for a forgotten password and for changing one."""

from wtforms import EmailField, PasswordField

from app.http.forms import Form, typed_email
from app.login.password.forms import NewPasswordForm


class ForgotForm(Form):
    email = EmailField("Email address", filters=[typed_email])


class ChangePasswordForm(NewPasswordForm):
    old = PasswordField("Your password now")
