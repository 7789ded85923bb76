"""Advanced options, Sessions: how long a company's people stay signed in."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.companies import actions, queries
from app.database import db
from app.people.sessions.limits import IDLE_CHOICES, SESSION_CHOICES
from app.web.current import current


def show_limits() -> ResponseReturnValue:
    return render_template(
        "people/session_limits.html",
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
    db.session.commit()
    flash("Saved.", "success")
    return redirect(url_for("people.session_limits"), 303)
