"""The company's people, with their sessions and sign-in methods, and what owners and admins can change."""

from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.applications.roles import queries as application_roles
from app.companies import queries as companies
from app.connections import sign_in_methods
from app.core.database import db
from app.core.text import isolate
from app.core.translation import gettext as _
from app.core.translation import ngettext
from app.http.current import Visitor, current
from app.overview.people.forms import ActiveForm, DeleteForm, MethodForm, PeopleListForm, RoleForm
from app.people import actions as people
from app.people import method_choices
from app.people import queries as people_queries
from app.people.actions import Refused
from app.people.invitations import queries
from app.people.models import Person, Role
from app.people.people_list import queries as people_list
from app.people.permissions import assignable_roles, can_manage
from app.people.presentation import number_of_people, paginate, person_header, sort_links, state_badge
from app.people.sign_in_method import describe
from app.people.two_step import actions as two_step_actions
from app.people.two_step.queries import factors
from app.provisioning.roles import queries as directory_roles
from app.provisioning.roles.queries import AdminReason
from app.sessions import actions as sessions
from app.sessions.presentation import session_rows


def index() -> ResponseReturnValue:
    visitor = current()
    offered = sign_in_methods.choices(visitor.company_id) if visitor.is_admin else []
    form = PeopleListForm(offered, formdata=request.args)
    page = people_list.page(
        visitor.company_id,
        form.wanted,
        sort=form.sort.data,
        after=request.args.get("after"),
        before=request.args.get("before"),
    )
    number, has_more = people_list.count(visitor.company_id, form.wanted)
    shown_page = paginate(page, "overview.people.index", **form.query)
    pending = [person.id for person in page.people if not person.is_accepted]
    invitations = queries.invitations(visitor.company_id, pending) if pending else {}
    for person in shown_page["people"]:
        person["badge"], person["badge_class"] = state_badge(person, invitations.get(person["id"]))
        person["method_title"] = (
            method_choices.title(offered, person["sign_in_method"], person["method_connection_id"]) if offered else None
        )
    return render_template(
        "overview/people.html",
        form=form,
        total=number_of_people(number, has_more=has_more),
        sort_links=sort_links(form.query, form.sort.data),
        places={name: request.args[name] for name in ("after", "before") if request.args.get(name)},
        selects_page=request.args.get("select") == "page",
        **shown_page,
    )


def show(person_id: UUID) -> ResponseReturnValue:
    visitor, person = current(), person_or_404(person_id)
    invitation = queries.invitation(visitor.company_id, person.id) if person.is_pending else None
    shown = {
        **person_header(person),
        "is_active": person.is_active,
        "is_accepted": not person.is_pending,
        "first_seen_at": person.created_at,
        "last_sign_in_at": person.last_sign_in_at,
        "has_microsoft": person.oid is not None,
        "has_password": person.password_hash is not None,
        "external_id": person.external_id if visitor.is_admin else None,
    }
    shown["badge"], shown["badge_class"] = state_badge(shown, invitation)
    return render_template(
        "overview/person.html",
        person=shown,
        invitation=invitation,
        is_self=person.id == visitor.person_id,
        managed=_managed(visitor, person) if visitor.is_admin else None,
    )


def set_role(person_id: UUID) -> ResponseReturnValue:
    visitor, person = current(), managed_or_404(person_id)
    reasons = directory_roles.admin_reasons(visitor.company_id, person.id)
    role = Role(RoleForm(_assignable_roles(visitor, reasons)).or_400().role.data)
    return _done(people.set_role(person, role, actor_id=visitor.person_id), person, _("Role updated."))


def set_active(person_id: UUID) -> ResponseReturnValue:
    visitor, person = current(), managed_or_404(person_id)
    active = ActiveForm().active.data
    name = isolate(person.name)
    words = _("%(name)s reactivated.", name=name) if active else _("%(name)s deactivated.", name=name)
    return _done(people.set_active(person, active, actor_id=visitor.person_id), person, words)


def confirm_delete(person_id: UUID) -> ResponseReturnValue:
    person = person_header(managed_or_404(person_id))
    return render_template("overview/delete_person.html", person=person, form=DeleteForm())


def delete(person_id: UUID) -> ResponseReturnValue:
    visitor, person = current(), managed_or_404(person_id)
    name, keep_name = person.name, DeleteForm().or_400().keep_name.data == "yes"
    refused = people.delete(person, keep_name=keep_name, actor_id=visitor.person_id)
    if refused:
        return _done(refused, person, "")
    flash(_("%(name)s deleted.", name=isolate(name)), "success")
    return redirect(url_for("overview.people.index"), 303)


def set_method(person_id: UUID) -> ResponseReturnValue:
    visitor, person = current(), managed_or_404(person_id)
    assignment = MethodForm(sign_in_methods.choices(visitor.company_id)).or_400().assignment
    people.set_method(
        visitor.company_id,
        Person.id == person.id,
        assignment.method,
        assignment.connection_id,
        actor_id=visitor.person_id,
    )
    return _done(None, person, _("Sign-in method updated."))


def end_session(person_id: UUID, session_id: UUID) -> ResponseReturnValue:
    visitor, person = current(), managed_or_404(person_id)
    if not sessions.end(visitor.company_id, person.id, session_id, actor_id=visitor.person_id):
        abort(404)
    return _done(None, person, _("Session signed out."))


def end_sessions(person_id: UUID) -> ResponseReturnValue:
    visitor, person = current(), managed_or_404(person_id)
    number = sessions.end_others(visitor.company_id, person.id, None, actor_id=visitor.person_id)
    return _done(None, person, ngettext("%(num)s session signed out.", "%(num)s sessions signed out.", number))


def reset_two_step(person_id: UUID) -> ResponseReturnValue:
    """Removes the second factors of a person who lost their phone and their recovery codes."""
    person = managed_or_404(person_id)
    two_step_actions.reset(person, actor_id=current().person_id)
    return _done(None, person, _("Two-step verification reset for %(name)s.", name=isolate(person.name)))


def _assignable_roles(visitor: Visitor, reasons: list[AdminReason]) -> list[Role]:
    """Someone whom the directory makes an admin can't be made a member: the next sign-in would undo it."""
    return [role for role in assignable_roles(visitor.role) if role != Role.MEMBER or not reasons]


def person_or_404(person_id: UUID) -> Person:
    person = people_queries.person(current().company_id, person_id)
    if person is None:
        abort(404)
    return person


def managed_or_404(person_id: UUID) -> Person:
    """A person whom the visitor may change; admins can't change owners."""
    person = person_or_404(person_id)
    if not can_manage(current().role, person.role):
        abort(403)
    return person


def _done(refused: Refused | None, person: Person, words: str) -> ResponseReturnValue:
    if refused:
        db.session.rollback()
        flash(_(refused.words), "danger")
    else:
        flash(words, "success")
    return redirect(url_for("overview.people.show", person_id=person.id), 303)


def _managed(visitor: Visitor, person: Person) -> dict[str, Any]:
    """What owners and admins see of a person in addition."""
    offered = sign_in_methods.choices(visitor.company_id)
    policy = companies.by_id(visitor.company_id).password_sign_in
    title = method_choices.title(offered, person.sign_in_method, person.method_connection_id)
    may_change = can_manage(visitor.role, person.role)
    admin_reasons = directory_roles.admin_reasons(visitor.company_id, person.id)

    def end_url(session_id: UUID) -> str | None:
        address = url_for("overview.people.end_session", person_id=person.id, session_id=session_id)
        return address if may_change else None

    return {
        "may_change": may_change,
        "role_form": RoleForm(_assignable_roles(visitor, admin_reasons), role=person.role),
        "admin_reasons": admin_reasons,
        "method_form": MethodForm(offered, method=str(person.method_connection_id or person.sign_in_method)),
        "active_form": ActiveForm(active=not person.is_active),
        "sentence": describe(person.sign_in_method, policy, title),
        "has_second_factor": bool(factors(visitor.company_id, person.id)),
        "sessions": session_rows(visitor, person.id, end_url),
        "application_roles": application_roles.held_by(visitor.company_id, person.id),
    }
