"""Forms for the second factors of one's own account."""

from wtforms import StringField

from app.core.text import sanitize
from app.core.translation import lazy_gettext as _l
from app.http.forms import Form, JsonField


class AuthenticatorForm(Form):
    number = StringField(_l("6-digit code"))


class PasskeyForm(Form):
    credential = JsonField()
    name = StringField(_l("Passkey name"), filters=[sanitize])
