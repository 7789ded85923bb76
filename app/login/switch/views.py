"""Switching between the companies at which this browser is signed in."""

from flask import abort, flash, make_response, redirect
from flask.typing import ResponseReturnValue

from app.core.text import isolate
from app.core.translation import gettext as _
from app.login.browser_binding import landing, remember_code
from app.login.page.views import code_for, login_page_of
from app.login.switch.forms import SwitchForm
from app.sessions import browser_sessions


def activate() -> ResponseReturnValue:
    """Makes the browser's session at a company the active one; if it has ended, asks to sign in there again."""
    form = SwitchForm()
    org_id = form.company.data or ""
    found = browser_sessions.at_company(org_id)
    if found is None:
        return redirect(login_page_of(org_id) or abort(404), 303)
    browser_sessions.make_active(found)
    if not found.is_active:
        flash(_("You’re now at %(company)s.", company=isolate(found.company_name)), "success")
    response = make_response(redirect(landing(form.next.data, found.role), 303))
    return remember_code(response, code_for(found.company_id))
