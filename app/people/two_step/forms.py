"""Forms for the second factors of one's own account."""

from wtforms import StringField

from app.core.text import sanitize
from app.http.forms import Form, JsonField


class AuthenticatorForm(Form):
    number = StringField("The number that it shows now")


class PasskeyForm(Form):
    credential = JsonField()
    name = StringField("The passkey’s name", filters=[sanitize])
