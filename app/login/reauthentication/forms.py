"""The form of “Confirm it’s you”: a password, a typed code, or a passkey's answer."""

from wtforms import PasswordField

from app.core.translation import lazy_gettext as _l
from app.http.forms import NextField
from app.login.two_step.forms import FactorForm


class ReauthenticationForm(FactorForm):
    """The page has a form for each method, so only that method's field is sent."""

    password = PasswordField(_l("Your password"))
    next = NextField()
