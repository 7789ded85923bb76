"""Advanced options, Sessions: how long a company's people stay signed in."""

from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.companies import actions, queries
from app.http.current import current
from app.sessions import actions as session_actions
from app.sessions.limits import IDLE_CHOICES, SESSION_CHOICES


def show_limits() -> ResponseReturnValue:
    return render_template(
        "sessions/limits.html",
        company=queries.by_id(current().company_id),
        idle_choices=IDLE_CHOICES,
        session_choices=SESSION_CHOICES,
    )


def set_limits() -> ResponseReturnValue:
    visitor = current()
    idle_minutes = request.form.get("idle_minutes", type=int)
    session_hours = request.form.get("session_hours", type=int)
    if idle_minutes not in IDLE_CHOICES or session_hours not in SESSION_CHOICES:
        abort(400)
    company = queries.by_id(visitor.company_id)
    actions.change(company, actor_id=visitor.person_id, idle_minutes=idle_minutes, session_hours=session_hours)
    flash("Saved.", "success")
    return redirect(url_for("sessions.show_limits"), 303)


def end_session(session_id: UUID) -> ResponseReturnValue:
    visitor = current()
    if not session_actions.end(visitor.company_id, visitor.person_id, session_id, actor_id=visitor.person_id):
        abort(404)
    flash("That session has ended.", "success")
    return redirect(url_for("overview.account.show"))


def end_other_sessions() -> ResponseReturnValue:
    visitor = current()
    number = session_actions.end_others(
        visitor.company_id, visitor.person_id, visitor.session_id, actor_id=visitor.person_id
    )
    flash(f"Ended {number} other session{'' if number == 1 else 's'}.", "success")
    return redirect(url_for("overview.account.show"))
