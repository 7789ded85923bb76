"""The form of the switcher's buttons."""

from wtforms import HiddenField

from app.http.forms import Form


class SwitchForm(Form):
    company = HiddenField()
    """The public id of the company to switch to."""
