"""Advanced options: sign-ins by day and by error."""

from flask import render_template
from flask.typing import ResponseReturnValue

from app.core.database import now
from app.http.current import current
from app.login.stats.sign_in_stats import sign_in_stats


def show() -> ResponseReturnValue:
    return render_template("login/sign_in_stats.html", tally=sign_in_stats(current().company_id, now().date()))
