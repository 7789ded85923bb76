"""A person's own sessions; and Advanced options, Sessions: how long a company's people stay signed in."""

from uuid import UUID

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.companies import actions, queries
from app.core.translation import gettext as _
from app.core.translation import ngettext
from app.http.current import current
from app.sessions import actions as session_actions
from app.sessions import browser_sessions
from app.sessions.forms import LimitsForm


def show_limits() -> ResponseReturnValue:
    return render_template("sessions/limits.html", form=LimitsForm(obj=queries.by_id(current().company_id)))


def set_limits() -> ResponseReturnValue:
    visitor, form = current(), LimitsForm().or_400()
    company = queries.by_id(visitor.company_id)
    actions.change(
        company,
        actor_id=visitor.person_id,
        idle_minutes=form.idle_minutes.data,
        session_hours=form.session_hours.data,
        remember_days=form.days,
    )
    flash(_("Saved."), "success")
    return redirect(url_for("sessions.show_limits"), 303)


def show_remember() -> ResponseReturnValue:
    days = current().remember_days
    return _not_allowed() if days is None else render_template("sessions/remember.html", days=days)


def remember() -> ResponseReturnValue:
    visitor = current()
    if visitor.remember_days is None:
        return _not_allowed()
    session_actions.remember(visitor.company_id, visitor.person_id, visitor.session_id)
    browser_sessions.remember_active()
    flash(_("You’ll stay signed in on this device."), "success")
    return redirect(url_for("overview.account.show"), 303)


def _not_allowed() -> ResponseReturnValue:
    flash(_("Your company doesn’t let people stay signed in on a device."), "warning")
    return redirect(url_for("overview.account.show"), 303)


def end_session(session_id: UUID) -> ResponseReturnValue:
    visitor = current()
    if not session_actions.end(visitor.company_id, visitor.person_id, session_id, actor_id=visitor.person_id):
        abort(404)
    flash(_("Session signed out."), "success")
    return redirect(url_for("overview.account.show"))


def end_other_sessions() -> ResponseReturnValue:
    visitor = current()
    number = session_actions.end_others(
        visitor.company_id, visitor.person_id, visitor.session_id, actor_id=visitor.person_id
    )
    flash(ngettext("%(num)s session signed out.", "%(num)s sessions signed out.", number), "success")
    return redirect(url_for("overview.account.show"))
