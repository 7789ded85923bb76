"""What this is."""

from flask import render_template
from flask.typing import ResponseReturnValue


def home() -> ResponseReturnValue:
    return render_template("home.html")
