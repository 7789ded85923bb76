"""The form of the second step: a typed code, or a passkey's answer."""

from wtforms import StringField

from app.http.forms import Form, JsonField


class FactorForm(Form):
    number = StringField()
    credential = JsonField()
