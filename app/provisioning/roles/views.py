"""Advanced options, Roles: which groups and app roles of a directory give which role here."""

from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.applications.models import MappingKind
from app.applications.roles import queries as application_roles
from app.connections import queries as connections
from app.connections.models import Flow
from app.core.text import gettext_noop as N_
from app.core.translation import gettext as _
from app.core.translation import ngettext
from app.http.current import current
from app.people import queries as people
from app.people.models import Role
from app.people.presentation import avatar_url
from app.provisioning.leavers import queries as leavers
from app.provisioning.leavers.forms import SwitchForm
from app.provisioning.roles import actions, queries, scim_queries
from app.provisioning.roles.forms import KIND_HINTS, KIND_TITLES, MappingForm, TryForm
from app.provisioning.roles.queries import MappingLine, Reading
from app.provisioning.roles.rules import applies
from app.provisioning.roles.scim_queries import ScimReading

MOST_MAPPINGS = 500
"""Of one company."""
TOO_MANY = N_("A company can have up to 500 mappings. Remove one that you no longer need.")
ALREADY = N_("This gives this role already.")


def index() -> ResponseReturnValue:
    """The mappings, a form for another one, and what a person would have by them."""
    return _page(_form(formdata=None))


def create() -> ResponseReturnValue:
    visitor, form = current(), _form()
    if not form.validate():
        return _page(form), 422
    if queries.number_of_mappings(visitor.company_id) >= MOST_MAPPINGS:
        form.role.errors = [_(TOO_MANY)]
        return _page(form), 422
    created = actions.create(
        visitor.company_id,
        connection_id=form.connection_id,
        kind=form.kind.data,
        value=form.normal_value,
        name=form.readable_name,
        role_id=form.role_id,
        actor_id=visitor.person_id,
    )
    if created is None:
        (form.scim_group if form.is_of_scim else form.value).errors = [_(ALREADY)]
        return _page(form), 422
    number = queries.people_by_mapping(visitor.company_id).get(created, 0)
    of_scim = ngettext(
        "Mapping added. %(num)s person has the role now.", "Mapping added. %(num)s people have the role now.", number
    )
    flash(of_scim if form.is_of_scim else _("Mapping added. People get the role at their next sign-in."), "success")
    return redirect(url_for("provisioning.roles.index"), 303)


def confirm_remove(mapping_id: UUID) -> ResponseReturnValue:
    line = _removable_or_abort(mapping_id)
    number = queries.people_by_mapping(current().company_id).get(line.id, 0)
    return render_template("provisioning/remove_mapping.html", line=line, people_with_it=number)


def remove(mapping_id: UUID) -> ResponseReturnValue:
    line = _removable_or_abort(mapping_id)
    actions.remove(current().company_id, line, actor_id=current().person_id)
    flash(_("Mapping removed."), "success")
    return redirect(url_for("provisioning.roles.index"), 303)


def _removable_or_abort(mapping_id: UUID) -> MappingLine:
    line = queries.mapping(current().company_id, mapping_id)
    if line is None:
        abort(404)
    if line.is_of_portico and not _is_owner():
        abort(403)
    return line


def _is_owner() -> bool:
    return current().role == Role.OWNER


def _form(**options: Any) -> MappingForm:
    company_id = current().company_id
    return MappingForm(
        [(str(draft.id), draft.title) for draft in connections.drafts(company_id)],
        queries.mappable_roles(company_id),
        may_map_admin=_is_owner(),
        scim_groups=scim_queries.offered_groups(company_id),
        exists=lambda *key: queries.same_mapping(company_id, *key) is not None,
        **options,
    )


def _page(form: MappingForm) -> str:
    company_id, search = current().company_id, TryForm(formdata=request.args)
    lines, numbers = queries.mappings(company_id), queries.people_by_mapping(company_id)
    found = application_roles.candidates(company_id, search.q.data) if search.q.data else []
    return render_template(
        "provisioning/roles.html",
        form=form,
        kind_titles={kind: _(words) for kind, words in KIND_TITLES.items()},
        kind_hints={kind: _(words) for kind, words in KIND_HINTS.items()},
        lines=[{"line": line, "people": numbers.get(line.id, 0)} for line in lines],
        may_map_admin=_is_owner(),
        search=search,
        found=[{"id": one.id, "name": one.name, "email": one.email, "avatar_url": avatar_url(one)} for one in found],
        tried=_tried(company_id, lines),
        connections=_connections(company_id),
    )


def _connections(company_id: UUID) -> list[dict[str, Any]]:
    """How each connection notices people who leave."""
    numbers, readings = leavers.number_kept(company_id), leavers.readings(company_id)
    return [
        {
            "id": draft.id,
            "title": draft.title,
            "checks": draft.notices_leavers,
            "can_check": draft.connection is not None and draft.connection.flow == Flow.SERVER,
            "number": numbers.get(draft.id, 0),
            "reading": readings.get(draft.id),
            "can_read": bool(draft.active_credentials),
            "on": SwitchForm(formdata=None, enabled=True),
            "off": SwitchForm(formdata=None, enabled=False),
        }
        for draft in connections.drafts(company_id)
    ]


def _tried(company_id: UUID, lines: list[MappingLine]) -> dict[str, Any] | None:
    """What the chosen person would have by the mappings as they are now, and by what their directory last said."""
    try:
        chosen = UUID(request.args.get("person", ""))
    except ValueError:
        return None
    person = people.person(company_id, chosen)
    if person is None:
        return None
    readings = queries.readings(company_id, person.id)
    by_scim = scim_queries.readings(company_id, person.id)
    given, not_given = _sorted_out(lines, readings, by_scim)
    return {
        "id": person.id,
        "name": person.name,
        "avatar_url": avatar_url(person),
        "readings": readings,
        "by_scim": by_scim,
        "roles": _roles(given, company_id, person.id),
        "not_given": not_given,
    }


def _sorted_out(
    lines: list[MappingLine], readings: list[Reading], by_scim: list[ScimReading]
) -> tuple[list[MappingLine], list[MappingLine]]:
    """The mappings that give the person a role, and those that don't; without those of connections that have said
    nothing about them.
    """
    tokens = {one.connection_id: one for one in readings}
    scim = {one.connection_id: one.groups for one in by_scim}
    results = []
    for line in lines:
        if line.kind == MappingKind.SCIM_GROUP:
            if line.connection_id in scim:
                results.append((line, line.works and line.value in scim[line.connection_id]))
        elif said := tokens.get(line.connection_id):
            results.append((line, line.works and applies(line.kind, line.value, said.app_roles, said.groups)))
    return [line for line, is_given in results if is_given], [line for line, is_given in results if not is_given]


def _roles(given: list[MappingLine], company_id: UUID, person_id: UUID) -> list[dict[str, Any]]:
    """Each role once, with what gives it."""
    roles: dict[UUID | None, dict[str, Any]] = {}

    def entry(role_id: UUID | None, role: str | None, application: str | None) -> dict[str, Any]:
        empty: dict[str, Any] = {"role": role, "application": application, "lines": [], "by_hand": []}
        return roles.setdefault(role_id, empty)

    for line in given:
        entry(line.role_id, line.role, line.application)["lines"].append(line)
    for one in application_roles.held_by(company_id, person_id):
        if by_hand := [reason for reason in one.reasons if reason.is_by_hand]:
            entry(one.id, one.name, one.application)["by_hand"] = by_hand
    return list(roles.values())
