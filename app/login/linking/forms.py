"""Forms for linking a Microsoft identity to an account."""

from wtforms import PasswordField

from app.core.translation import lazy_gettext as _l
from app.http.forms import Form


class LinkForm(Form):
    password = PasswordField(_l("Password for this account"))
