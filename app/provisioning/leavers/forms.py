"""The setting of a connection."""

from app.http.forms import Form, YesField


class ChecksForm(Form):
    enabled = YesField()
