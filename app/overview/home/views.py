"""The home page."""

from flask import render_template
from flask.typing import ResponseReturnValue


def index() -> ResponseReturnValue:
    return render_template("overview/home.html")
