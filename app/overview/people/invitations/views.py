"""Inviting people, resending and revoking invitations."""

from uuid import UUID

from flask import abort, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.applications.launchpad import queries as launchpad
from app.applications.launchpad.queries import Tile
from app.connections import sign_in_methods
from app.core.text import gettext_noop as N_
from app.core.text import isolate
from app.core.translation import gettext as _
from app.core.unit_of_work import unit_of_work
from app.http.current import current
from app.overview.people.forms import InvitationForm
from app.overview.people.views import managed_or_404
from app.people.imports.csv_parser import NewPerson
from app.people.invitations import actions, notifications
from app.people.invitations import queries as invitations
from app.people.invitations.actions import AlreadyHere
from app.people.models import Person, Role
from app.people.permissions import assignable_roles

UNCONFIRMED = N_("Confirm your email first. We emailed you a link when you signed up.")


def new() -> ResponseReturnValue:
    return _page(_form())


def create() -> ResponseReturnValue:
    """Adds the account, emails the link, and shows the link once for handing it over directly."""
    visitor, form = current(), _form()
    if not visitor.email_is_confirmed:
        form.email.errors = [_(UNCONFIRMED)]
        return _page(form), 422
    if not form.validate():
        return _page(form), 422
    wanted = NewPerson(form.email.data or "", form.name.data or "", Role(form.role.data))
    try:
        with unit_of_work():
            person = actions.add(visitor.company_id, wanted, form.assignment, actor_id=visitor.person_id)
            key = actions.invite(person, actor_id=visitor.person_id, leads_to=form.leads_to)
    except AlreadyHere:
        form.email.errors = [_("This email already exists. Search for it under People.")]
        return _page(form), 422
    return _invited(person, key)


def resend(person_id: UUID) -> ResponseReturnValue:
    """Sends a new link; the previous one stops working."""
    person = managed_or_404(person_id)
    if not person.is_pending or not person.is_active:
        abort(404)
    with unit_of_work():
        key = actions.invite(person, actor_id=current().person_id)
    return _invited(person, key)


def revoke(person_id: UUID) -> ResponseReturnValue:
    person = managed_or_404(person_id)
    if not person.is_pending:
        abort(404)
    name = person.name
    actions.revoke(person, actor_id=current().person_id)
    flash(_("Invitation for %(name)s revoked.", name=isolate(name)), "success")
    return redirect(url_for("overview.people.index"), 303)


def _invited(person: Person, key: str) -> ResponseReturnValue:
    leads_to = _leads_to(person)
    is_emailed = notifications.invite(person, key, current().name, leads_to.name if leads_to else None)
    link = f"{current_app.config['BASE_URL']}{url_for('login.invitation.show', key=key)}"
    days = actions.INVITATION_LIFE.days
    return render_template(
        "overview/invited.html", person=person, link=link, is_emailed=is_emailed, days=days, leads_to=leads_to
    )


def _leads_to(person: Person) -> Tile | None:
    """The application that the person's invitation leads to, if it still can be opened."""
    invitation = invitations.invitation(person.company_id, person.id)
    if invitation is None or invitation.leads_to_id is None:
        return None
    return next(iter(launchpad.tiles(person.company_id, person.id, invitation.leads_to_id)), None)


def _form() -> InvitationForm:
    visitor = current()
    return InvitationForm(
        assignable_roles(visitor.role),
        sign_in_methods.choices(visitor.company_id),
        launchpad.names(visitor.company_id),
    )


def _page(form: InvitationForm) -> str:
    return render_template("overview/invite.html", form=form)
