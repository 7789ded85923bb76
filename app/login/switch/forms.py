"""The form of the switcher's buttons."""

from wtforms import HiddenField

from app.http.forms import Form, NextField


class SwitchForm(Form):
    company = HiddenField()
    """The public id of the company to switch to."""
    next = NextField()
