"""The form for a recovery code."""

from wtforms import StringField

from app.http.forms import Form


class RecoveryForm(Form):
    key = StringField("Recovery code")
