"""What is done to several people: a page asks, with their number and who is left out; its form does it.

The question is a GET, so that Back and Reload are harmless, and it works without JavaScript.
"""

from dataclasses import dataclass, replace
from typing import Any

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.connections import sign_in_methods
from app.core.database import db
from app.core.email import Mailer
from app.core.text import gettext_noop as N_
from app.core.translation import gettext as _
from app.http.current import current
from app.overview.people.bulk.forms import BulkMethodForm, BulkRoleForm, SelectionForm
from app.overview.people.forms import PeopleListForm
from app.overview.people.invitations.views import UNCONFIRMED
from app.people.bulk import actions, queries
from app.people.bulk.queries import Selection
from app.people.bulk.rules import EXCLUSION_TITLES, Action, Change, Exclusion, exclusion
from app.people.invitations.actions import INVITATION_LIFE
from app.people.method_choices import Choice
from app.people.models import Role
from app.people.people_list.filters import ROLE_TITLES
from app.people.presentation import number_of_people

ValueForm = BulkRoleForm | BulkMethodForm

QUESTIONS = {
    Action.INVITE: (N_("Invite %(people)s"), N_("Invite %(people)s")),
    Action.REMIND: (N_("Remind %(people)s"), N_("Remind %(people)s")),
    Action.ROLE: (N_("Change the role of %(people)s"), N_("Change role")),
    Action.METHOD: (N_("Change the sign-in method of %(people)s"), N_("Change sign-in method")),
    Action.DEACTIVATE: (N_("Deactivate %(people)s"), N_("Deactivate %(people)s")),
    Action.REACTIVATE: (N_("Reactivate %(people)s"), N_("Reactivate %(people)s")),
}
"""The page's title, and its button."""
EXPLANATIONS = {
    Action.INVITE: N_("We’ll email each of them a link that’s valid for %(days)s days."),
    Action.REMIND: N_(
        "We’ll email each of them a new invitation link that’s valid for %(days)s days. Earlier links stop working."
    ),
    Action.ROLE: N_("It applies with their next click. Make owners individually, on their own page."),
    Action.METHOD: N_("If you choose a connection, they can only use that one."),
    Action.DEACTIVATE: N_(
        "They’re signed out everywhere and can’t sign in until you reactivate them. Their data is kept."
    ),
    Action.REACTIVATE: N_("They can sign in again. Their data is unchanged."),
}
NO_ONE = {
    Action.INVITE: N_("No one to invite"),
    Action.REMIND: N_("No one to remind"),
    Action.ROLE: N_("No one to change"),
    Action.METHOD: N_("No one to change"),
    Action.DEACTIVATE: N_("No one to deactivate"),
    Action.REACTIVATE: N_("No one to reactivate"),
}
DONE = {
    Action.INVITE: N_("%(people)s invited."),
    Action.REMIND: N_("Reminder sent to %(people)s."),
    Action.ROLE: N_("Role changed to %(role)s for %(people)s."),
    Action.METHOD: N_("Sign-in method updated for %(people)s."),
    Action.DEACTIVATE: N_("%(people)s deactivated."),
    Action.REACTIVATE: N_("%(people)s reactivated."),
}
NO_EMAIL_SERVER = N_(
    "Portico can’t send email: no email server is set up. Invite people one by one, and share their links."
)
NOT_QUEUED = N_("Email can’t be sent right now, so nothing was changed. Try again in a few minutes.")
QUEUE_UNAVAILABLE = N_("Not everyone could be scheduled. Wait a few minutes, then do it again for those who are left.")
MORE_NOW = N_("More people match now than when this page was opened. Check the number, then confirm again.")


@dataclass(frozen=True)
class Request:
    """The parsed request: the action, the selected people, and the list to return to."""

    action: Action
    selection: Selection
    confirmed: int
    list_query: dict[str, Any]
    form: ValueForm | None
    offered: list[Choice]

    def excluded(self, change: Change) -> queries.Excluded:
        return exclusion(change, current().person_id, current().role)

    @property
    def list_url(self) -> str:
        return url_for("overview.people.index", **self.list_query)


def confirm(action: str) -> ResponseReturnValue:
    return _page(_parsed(action))


def apply(action: str) -> ResponseReturnValue:
    asked, company_id = _parsed(action), current().company_id
    change = Change(asked.action)
    if asked.form is not None:
        if not asked.form.validate():
            return _page(asked), 422
        change = _with_value(change, asked.form)
    if _obstacle(asked.action):
        return _page(asked), 422
    # Without the value, as the page counted them.
    candidates = queries.targets(company_id, asked.selection, asked.excluded(Change(asked.action)))
    if len(candidates) > asked.confirmed:
        return _page(asked, notice=MORE_NOW), 409
    chosen = queries.targets(company_id, asked.selection, asked.excluded(change))
    _do(change, chosen)
    return redirect(asked.list_url, 303)


def _do(change: Change, chosen: list[Any]) -> None:
    visitor, act = current(), (current().company_id, change, chosen)
    if len(chosen) > actions.BATCH:
        if not actions.enqueue(*act, actor_id=visitor.person_id):
            flash(_(QUEUE_UNAVAILABLE), "danger")
            return
        people = number_of_people(len(chosen))
        text = _("Working on %(people)s. It continues in the background; reload this page to follow it.", people=people)
        flash(text, "success")
        return
    try:
        number = actions.apply(*act, actor_id=visitor.person_id)
    except actions.EmailNotQueued:
        db.session.rollback()
        flash(_(NOT_QUEUED), "danger")
        return
    if not number:
        flash(_("Nothing to change."), "warning")
        return
    role = _(ROLE_TITLES[change.role]) if change.role else ""
    flash(_(DONE[change.action], people=number_of_people(number), role=role), "success")


def _with_value(change: Change, form: ValueForm) -> Change:
    if isinstance(form, BulkRoleForm):
        return replace(change, role=Role(form.role.data))
    return replace(change, assignment=form.assignment)


def _parsed(action: str) -> Request:
    if action not in list(Action):
        abort(404)
    offered = sign_in_methods.choices(current().company_id)
    listed = PeopleListForm(offered, formdata=request.args)
    sent = SelectionForm() if request.method == "POST" else SelectionForm(formdata=request.args)
    places = {name: request.args[name] for name in ("after", "before") if request.args.get(name)}
    form: ValueForm | None = None
    if action == Action.ROLE:
        form = BulkRoleForm()
    elif action == Action.METHOD:
        form = BulkMethodForm(offered)
    selection = Selection(listed.wanted, sent.ids)
    return Request(Action(action), selection, sent.number.data or 0, listed.query | places, form, offered)


def _page(asked: Request, notice: str = "") -> str:
    company_id, excluded = current().company_id, asked.excluded(Change(asked.action))
    numbers = queries.numbers(company_id, asked.selection, excluded)
    number = numbers.pop(None, 0)
    is_empty = not number and not numbers
    return render_template(
        "overview/bulk.html",
        asked=asked,
        action=asked.action,
        title=_title(asked.action, number, is_empty=is_empty),
        explanation=_(EXPLANATIONS[asked.action], days=INVITATION_LIFE.days),
        button=_(QUESTIONS[asked.action][1], people=number_of_people(number)),
        number=number,
        is_empty=is_empty,
        names=queries.first_names(company_id, asked.selection, excluded),
        exclusions=[(EXCLUSION_TITLES[one], numbers[one]) for one in Exclusion if one in numbers],
        hints=_hints(asked, number, excluded),
        obstacle=_obstacle(asked.action),
        notice=notice,
        form_url=url_for("overview.people.bulk.apply", action=asked.action, **asked.list_query),
        number_of_people=number_of_people,
    )


def _title(action: Action, number: int, *, is_empty: bool) -> str:
    if is_empty:
        return _("No one is selected")
    return _(QUESTIONS[action][0], people=number_of_people(number)) if number else _(NO_ONE[action])


def _hints(asked: Request, number: int, excluded: queries.Excluded) -> dict[str, int]:
    """How many people each choice changes."""
    if asked.form is None:
        return {}
    read = queries.numbers_by_role if isinstance(asked.form, BulkRoleForm) else queries.numbers_by_method
    return asked.form.hints(read(current().company_id, asked.selection, excluded), number)


def _obstacle(action: Action) -> str:
    """Why no email can be sent; empty if it can, or none is needed."""
    if action not in (Action.INVITE, Action.REMIND):
        return ""
    mailer: Mailer = current_app.extensions["post"]
    if mailer.is_disabled:
        return NO_EMAIL_SERVER
    return "" if current().email_is_confirmed else UNCONFIRMED
