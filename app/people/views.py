"""The list of the company's people, and their pictures."""

from uuid import UUID

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.connections import sign_in_methods
from app.http.current import current
from app.people import actions as people
from app.people import avatars, method_choices
from app.people import queries as people_queries
from app.people.forms import MethodsForm, search_text
from app.people.method_choices import Choice
from app.people.models import Person, Role
from app.people.presentation import paginate


def index() -> ResponseReturnValue:
    visitor = current()
    search = search_text(request.args.get("q"))
    page = people_queries.page(
        visitor.company_id, search=search, after=request.args.get("after"), before=request.args.get("before")
    )
    offered = sign_in_methods.choices(visitor.company_id) if visitor.is_admin else []

    shown_page = paginate(page, "people.index", q=search or None)
    for person in shown_page["people"]:
        person["method_title"] = (
            method_choices.title(offered, person["sign_in_method"], person["method_connection_id"]) if offered else None
        )
    return render_template("people/index.html", search=search, form=_methods_form(offered, search), **shown_page)


def set_methods() -> ResponseReturnValue:
    """Assigns a method to several people: those selected, or all that match the search."""
    visitor = current()
    form = MethodsForm(sign_in_methods.choices(visitor.company_id)).or_400()
    search, assignment = form.q.data, form.assignment
    which = people_queries.found_by(search) if form.whom.data == "found" else Person.id.in_(form.selected)
    if visitor.role != Role.OWNER:
        which = which & (Person.role != Role.OWNER)
    number = people.set_method(
        visitor.company_id, which, assignment.method, assignment.connection_id, actor_id=visitor.person_id
    )
    changed = f"The sign-in method of {number} {'person' if number == 1 else 'people'} is changed."
    flash(changed if number else "Tick somebody first.", "success" if number else "warning")
    return redirect(url_for("people.index", q=search or None), 303)


def _methods_form(offered: list[Choice], search: str) -> MethodsForm | None:
    """The form below the list; None for members."""
    return MethodsForm(offered, data={"q": search}) if offered else None


AVATAR_SECONDS = 365 * 24 * 3600


def avatar(person_id: UUID) -> ResponseReturnValue:
    """The picture, or the initials as one. Its URL changes with it, so that browsers can cache it indefinitely."""
    found = people_queries.avatar(current().company_id, person_id)
    if found is None:
        abort(404)
    if found.content is not None:
        response = make_response(found.content)
        response.mimetype = avatars.MIME_TYPE
    else:
        drawn = render_template(
            "people/initials.svg", letters=avatars.initials(found.name), tone=avatars.tone(found.name)
        )
        response = make_response(drawn)
        response.mimetype = "image/svg+xml"
    version = avatars.version(found.hash, found.name)
    kept = f"max-age={AVATAR_SECONDS}, immutable" if request.args.get("v") == version else "no-cache"
    response.headers["Cache-Control"] = f"private, {kept}"
    response.set_etag(version)
    return response.make_conditional(request)
