"""The question for access to an application."""

from app.http.forms import Form, NextField


class AskForm(Form):
    next = NextField()
