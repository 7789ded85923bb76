"""Forms for linking a Microsoft identity to an account."""

from wtforms import PasswordField

from app.http.forms import Form


class LinkForm(Form):
    password = PasswordField("The account’s password, this once")
