"""The form of a button that starts a sign-in at Microsoft."""

from wtforms import BooleanField, HiddenField

from app.http.forms import Form, NextField


class ButtonForm(Form):
    next = NextField()
    prompt = HiddenField()
    remember = BooleanField()
    proof = HiddenField()
    """Which account the identity is linked to, encrypted; see `login/linking/proof.py`."""

    @property
    def wanted_prompt(self) -> str | None:
        """`select_account` from “Use another account”; None otherwise."""
        return "select_account" if self.prompt.data == "select_account" else None
