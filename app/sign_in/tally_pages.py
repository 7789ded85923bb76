"""Advanced options: sign-ins, by day and by what went wrong."""

from flask import render_template
from flask.typing import ResponseReturnValue

from app.database import now
from app.sign_in.tally import tally
from app.web.current import current


def show() -> ResponseReturnValue:
    return render_template("sign_in/tally.html", tally=tally(current().company_id, now().date()))
