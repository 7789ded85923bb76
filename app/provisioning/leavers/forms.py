"""The settings of a connection."""

from app.http.forms import Form, YesField


class SwitchForm(Form):
    enabled = YesField()
