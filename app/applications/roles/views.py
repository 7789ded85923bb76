"""The roles of an application: declared by it, assigned to people by owners and admins."""

from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.applications.advanced.page import own_or_404, usable_or_404
from app.applications.advanced.views import application_page
from app.applications.models import Application, ApplicationRole, AssignedBy
from app.applications.roles import actions, queries
from app.applications.roles.forms import AssignForm, RenameForm, RoleForm, SearchForm
from app.applications.roles.values import MOST_ROLES
from app.core.text import gettext_noop as N_
from app.core.text import isolate
from app.core.translation import gettext as _
from app.http.current import current
from app.people import queries as people
from app.people.models import Person
from app.people.presentation import avatar_url

TOO_MANY = N_("An application can have up to 50 roles.")
LAST_ALLOWED = N_("Only people with this role can sign in. Change who can sign in first.")


def declare(application_id: UUID) -> ResponseReturnValue:
    application = own_or_404(application_id)
    form = RoleForm(tuple(role.value for role in application.roles))
    if not form.validate():
        return application_page(application, role_form=form), 422
    if len(application.roles) >= MOST_ROLES:
        form.value.errors = [_(TOO_MANY)]
        return application_page(application, role_form=form), 422
    actions.declare(
        application, value=form.value.data or "", name=form.role_name.data or "", actor_id=current().person_id
    )
    flash(_("Role added."), "success")
    return redirect(_application_url(application, "roles"), 303)


def show(application_id: UUID, role_id: UUID) -> ResponseReturnValue:
    """Who has the role, and a search for those who shall get it."""
    application = usable_or_404(application_id)
    return _page(application, _role_or_404(application, role_id))


def rename(application_id: UUID, role_id: UUID) -> ResponseReturnValue:
    application = own_or_404(application_id)
    role, form = _role_or_404(application, role_id), RenameForm()
    if role.assigned_by != AssignedBy.COMPANY:
        abort(404)
    if not form.validate():
        return _page(application, role, form), 422
    actions.rename(application, role, form.role_name.data or "", actor_id=current().person_id)
    flash(_("Changes saved."), "success")
    return redirect(_url(application, role), 303)


def confirm_remove(application_id: UUID, role_id: UUID) -> ResponseReturnValue:
    application = own_or_404(application_id)
    role = _role_or_404(application, role_id)
    people_with_it = queries.number_of_all_holders(role.id)
    return render_template(
        "applications/remove_role.html", application=application, role=role, people_with_it=people_with_it
    )


def remove(application_id: UUID, role_id: UUID) -> ResponseReturnValue:
    """Not the last role whose people may sign in: without it everyone could."""
    application = own_or_404(application_id)
    role = _role_or_404(application, role_id)
    if role.assigned_by != AssignedBy.COMPANY:
        abort(404)
    if application.allowed_roles == [role.value]:
        flash(_(LAST_ALLOWED), "danger")
        return redirect(_url(application, role), 303)
    actions.remove(application, role, actor_id=current().person_id)
    flash(_("Role removed."), "success")
    return redirect(_application_url(application, "roles"), 303)


def assign(application_id: UUID, person_id: UUID) -> ResponseReturnValue:
    """A role that the company assigns; the operator's are never assigned here."""
    application, person = usable_or_404(application_id), _person_or_404(person_id)
    role_id = AssignForm().role_id
    role = _role_or_404(application, role_id) if role_id else abort(400)
    if role.assigned_by != AssignedBy.COMPANY:
        abort(404)
    actions.assign(person, application, role, actor_id=current().person_id)
    flash(_("%(name)s now has the role %(role)s.", name=isolate(person.name), role=isolate(role.name)), "success")
    return redirect(_url(application, role), 303)


def unassign(application_id: UUID, role_id: UUID, person_id: UUID) -> ResponseReturnValue:
    application, person = usable_or_404(application_id), _person_or_404(person_id)
    role = _role_or_404(application, role_id)
    if role.assigned_by != AssignedBy.COMPANY:
        abort(404)
    actions.unassign(person, application, role, actor_id=current().person_id)
    flash(_("%(name)s no longer has the role %(role)s.", name=isolate(person.name), role=isolate(role.name)), "success")
    return redirect(_url(application, role), 303)


def decline(application_id: UUID, person_id: UUID) -> ResponseReturnValue:
    """Removes a request for access."""
    application, person = usable_or_404(application_id), _person_or_404(person_id)
    actions.forget_request(person, application)
    flash(_("Request removed."), "success")
    return redirect(_application_url(application), 303)


def _page(application: Application, role: ApplicationRole, rename_form: RenameForm | None = None) -> str:
    company_id, form = current().company_id, SearchForm(formdata=request.args)
    found = queries.candidates(company_id, form.q.data) if form.q.data else []
    having = queries.with_role(company_id, role.id, [one.id for one in found]) if found else set()
    return render_template(
        "applications/role.html",
        application=application,
        is_own=application.company_id is not None,
        role=role,
        is_assignable=role.assigned_by == AssignedBy.COMPANY,
        form=form,
        assign_form=AssignForm(formdata=None, role=str(role.id)),
        rename_form=rename_form or RenameForm(formdata=None, role_name=role.name),
        found=[
            {
                "id": one.id,
                "name": one.name,
                "email": one.email,
                "avatar_url": avatar_url(one),
                "has_it": one.id in having,
            }
            for one in found
        ],
        holders=[
            {**vars(one), "is_by_hand": one.is_by_hand, "avatar_url": avatar_url(one)}
            for one in queries.holders(company_id, role.id)
        ],
        number=queries.number_of_holders(company_id, role.id),
    )


def _role_or_404(application: Application, role_id: UUID) -> ApplicationRole:
    role = next((one for one in application.roles if one.id == role_id), None)
    if role is None:
        abort(404)
    return role


def _person_or_404(person_id: UUID) -> Person:
    person = people.person(current().company_id, person_id)
    if person is None:
        abort(404)
    return person


def _application_url(application: Application, anchor: str | None = None) -> str:
    return url_for("applications.advanced.show", application_id=application.id, _anchor=anchor)


def _url(application: Application, role: ApplicationRole) -> str:
    return url_for("applications.roles.show", application_id=application.id, role_id=role.id)
