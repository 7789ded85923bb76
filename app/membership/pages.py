"""The company's people: the list, a person, and what owners and admins do about them."""

from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.companies import queries as companies
from app.database import db
from app.membership import methods, queries
from app.people import actions as people
from app.people import queries as people_queries
from app.people.actions import Refused
from app.people.methods import in_a_sentence
from app.people.models import Person, Role
from app.people.pages import shown, shown_sessions, turned
from app.people.rights import may_give, may_manage
from app.people.second_factor import actions as second_factor
from app.people.second_factor.queries import factors
from app.people.sessions import actions as sessions
from app.text import isolate
from app.web.current import Visitor, current

MOST_SELECTED = 100


def index() -> ResponseReturnValue:
    visitor = current()
    search = request.args.get("q", "").strip()[:100]
    page = people_queries.page(
        visitor.company_id, search=search, after=request.args.get("after"), before=request.args.get("before")
    )
    offered = methods.choices(visitor.company_id) if visitor.is_admin else []

    shown_page = turned(page, "people.index", q=search or None)
    for person in shown_page["people"]:
        person["method_title"] = (
            methods.title(offered, person["method"], person["method_connection_id"]) if offered else None
        )
    return render_template("membership/index.html", search=search, choices=offered, **shown_page)


def show(person_id: UUID) -> ResponseReturnValue:
    visitor, person = current(), person_or_404(person_id)
    return render_template(
        "membership/show.html",
        person={
            **shown(person),
            "is_active": person.is_active,
            "is_invited": person.is_invited,
            "first_seen_at": person.created_at,
            "last_sign_in_at": person.last_sign_in_at,
            "has_microsoft": person.oid is not None,
            "has_password": person.password_hash is not None,
        },
        is_self=person.id == visitor.person_id,
        managed=_managed(visitor, person) if visitor.is_admin else None,
    )


def set_role(person_id: UUID) -> ResponseReturnValue:
    visitor, person = current(), managed_or_404(person_id)
    wanted = request.form.get("role", "")
    if wanted not in may_give(visitor.role):
        abort(400)
    return _done(people.set_role(person, Role(wanted), actor_id=visitor.person_id), person, "The role is changed.")


def set_active(person_id: UUID) -> ResponseReturnValue:
    visitor, person = current(), managed_or_404(person_id)
    active = request.form.get("active") == "yes"
    name = isolate(person.name)
    words = f"{name} can sign in again." if active else f"{name} is deactivated and signed out."
    return _done(people.set_active(person, active, actor_id=visitor.person_id), person, words)


def ask_delete(person_id: UUID) -> ResponseReturnValue:
    return render_template("membership/delete.html", person=shown(managed_or_404(person_id)))


def delete(person_id: UUID) -> ResponseReturnValue:
    visitor, person = current(), managed_or_404(person_id)
    name, keep_name = person.name, request.form.get("keep_name") == "yes"
    refused = people.delete(person, keep_name=keep_name, actor_id=visitor.person_id)
    if refused:
        return _done(refused, person, "")
    db.session.commit()
    flash(f"{isolate(name)} is deleted.", "success")
    return redirect(url_for("people.index"), 303)


def set_method(person_id: UUID) -> ResponseReturnValue:
    visitor, person = current(), managed_or_404(person_id)
    assignment = methods.chosen(visitor.company_id, request.form.get("method", ""))
    if assignment is None:
        abort(400)
    people.set_method(
        visitor.company_id,
        Person.id == person.id,
        assignment.method,
        assignment.connection_id,
        actor_id=visitor.person_id,
    )
    return _done(None, person, "The sign-in method is changed.")


def set_methods() -> ResponseReturnValue:
    """For many at once: those that are ticked, or all whom the search finds."""
    visitor = current()
    assignment = methods.chosen(visitor.company_id, request.form.get("method", ""))
    if assignment is None:
        abort(400)
    search = request.form.get("q", "").strip()[:100]
    if request.form.get("whom") == "found":
        which = people_queries.found_by(search)
    else:
        which = Person.id.in_(_ticked())
    if visitor.role != Role.OWNER:
        which = which & (Person.role != Role.OWNER)
    number = people.set_method(
        visitor.company_id, which, assignment.method, assignment.connection_id, actor_id=visitor.person_id
    )
    db.session.commit()
    changed = f"The sign-in method of {number} {'person' if number == 1 else 'people'} is changed."
    flash(changed if number else "Tick somebody first.", "success" if number else "warning")
    return redirect(url_for("people.index", q=search or None), 303)


def end_session(person_id: UUID, session_id: UUID) -> ResponseReturnValue:
    visitor, person = current(), managed_or_404(person_id)
    if not sessions.end(visitor.company_id, person.id, session_id, actor_id=visitor.person_id):
        abort(404)
    return _done(None, person, "That session has ended.")


def end_sessions(person_id: UUID) -> ResponseReturnValue:
    visitor, person = current(), managed_or_404(person_id)
    number = sessions.end_others(visitor.company_id, person.id, None, actor_id=visitor.person_id)
    return _done(None, person, f"Ended {number} session{'' if number == 1 else 's'}.")


def remove_second_factor(person_id: UUID) -> ResponseReturnValue:
    """For somebody who lost their phone, and their recovery codes, too."""
    person = managed_or_404(person_id)
    second_factor.take_away(person, actor_id=current().person_id)
    return _done(
        None, person, f"{isolate(person.name)} signs in with the password alone until they add a second factor."
    )


def person_or_404(person_id: UUID) -> Person:
    person = people_queries.person(current().company_id, person_id)
    if person is None:
        abort(404)
    return person


def managed_or_404(person_id: UUID) -> Person:
    """Somebody whom the visitor may change; an owner is out of an admin's reach."""
    person = person_or_404(person_id)
    if not may_manage(current().role, person.role):
        abort(403)
    return person


def _done(refused: Refused | None, person: Person, words: str) -> ResponseReturnValue:
    if refused:
        db.session.rollback()
        flash(refused.words, "danger")
    else:
        db.session.commit()
        flash(words, "success")
    return redirect(url_for("people.show", person_id=person.id), 303)


def _managed(visitor: Visitor, person: Person) -> dict[str, Any]:
    """What owners and admins see of a person beside everybody else."""
    offered = methods.choices(visitor.company_id)
    policy = companies.by_id(visitor.company_id).password_sign_in
    title = methods.title(offered, person.method, person.method_connection_id)
    may_change = may_manage(visitor.role, person.role)

    def end_url(session_id: UUID) -> str | None:
        address = url_for("membership.end_session", person_id=person.id, session_id=session_id)
        return address if may_change else None

    return {
        "may_change": may_change,
        "roles": may_give(visitor.role),
        "choices": offered,
        "chosen": str(person.method_connection_id or person.method),
        "sentence": in_a_sentence(person.method, policy, title),
        "has_second_factor": bool(factors(visitor.company_id, person.id)),
        "sessions": shown_sessions(visitor, person.id, end_url),
        "invitation": queries.invitation(visitor.company_id, person.id) if person.is_invited else None,
    }


def _ticked() -> list[UUID]:
    try:
        return [UUID(text) for text in request.form.getlist("person")[:MOST_SELECTED]]
    except ValueError:
        abort(400)
