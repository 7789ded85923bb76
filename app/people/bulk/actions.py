"""Does the same to several people, as if it were done to each. The caller's unit of work commits."""

from collections.abc import Callable, Collection, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog

from app.audit.events.people import PersonChanged, PersonDeactivated, PersonReactivated
from app.audit.log import record
from app.companies.actions import lock_company
from app.core.batches import in_batches
from app.core.database import apply_changes, db
from app.core.tasks import task
from app.core.unit_of_work import unit_of_work
from app.people import actions as people_actions
from app.people import queries as people
from app.people.bulk.rules import Action, Change, exclusion
from app.people.invitations import actions as invitations
from app.people.invitations import notifications
from app.people.invitations.actions import SignInAssignment
from app.people.models import Person, Role, SignInMethod
from app.people.permissions import assignable_roles

BATCH = 200
"""As many people are one transaction. More are the worker's, batch by batch."""

log = structlog.get_logger(__name__)


class EmailNotQueued(Exception):
    """The queue accepts no email, so no one can be invited now."""


def apply(company_id: UUID, change: Change, person_ids: Collection[UUID], *, actor_id: UUID) -> int:
    """Changes those of the people whom nothing excludes; returns how many. The rules are checked again here, because
    others may have changed these people, or the actor, since the page was shown.

    Raises EmailNotQueued; the caller rolls back.
    """
    lock_company(company_id)
    actor = people.person(company_id, actor_id)
    if actor is None or not actor.is_active or not assignable_roles(actor.role):
        return 0
    chosen = db.session.scalars(
        sa.select(Person)
        .where(
            Person.company_id == company_id,
            Person.deleted_at.is_(None),
            Person.id.in_(person_ids),
            exclusion(change, actor_id, actor.role).is_(None),
        )
        .order_by(Person.id)
        .execution_options(populate_existing=True)
    ).all()
    if change.action in (Action.ROLE, Action.DEACTIVATE):
        chosen = _keeping_an_owner(company_id, chosen)
    if chosen:
        _ACTIONS[change.action](chosen, change, actor)
    return len(chosen)


def enqueue(company_id: UUID, change: Change, person_ids: Sequence[UUID], *, actor_id: UUID) -> bool:
    """Has the worker do it in batches, each a unit of work; returns whether the queue accepted all of them."""
    value = change.assignment
    accepted = [
        change_batch.enqueue_now(
            company_id=str(company_id),
            actor_id=str(actor_id),
            action=str(change.action),
            role=str(change.role) if change.role else None,
            method=str(value.method) if value else None,
            connection_id=str(value.connection_id) if value and value.connection_id else None,
            person_ids=[str(one) for one in some],
        )
        for some in in_batches(person_ids, BATCH)
    ]
    return all(accepted)


@task(retries=5, retry_seconds=30)
@unit_of_work()
def change_batch(
    company_id: str,
    actor_id: str,
    action: str,
    role: str | None,
    method: str | None,
    connection_id: str | None,
    person_ids: list[str],
) -> None:
    """Done again after a failure, it leaves out those whom it has changed already."""
    connection = UUID(connection_id) if connection_id else None
    assignment = SignInAssignment(SignInMethod(method), connection) if method else None
    change = Change(Action(action), Role(role) if role else None, assignment)
    number = apply(UUID(company_id), change, [UUID(one) for one in person_ids], actor_id=UUID(actor_id))
    log.info("people_changed", action=action, people=number)


def _keeping_an_owner(company_id: UUID, chosen: Sequence[Person]) -> Sequence[Person]:
    """Without the owners, if no other owner who can sign in would remain: another owner may just have been removed."""
    owners = [person for person in chosen if person.role == Role.OWNER and person.is_active]
    if owners and people.number_of_owners(company_id) <= len(owners):
        return [person for person in chosen if person not in owners]
    return chosen


def _invite(chosen: Sequence[Person], _change: Change, actor: Person) -> None:
    keys = invitations.invite_all(chosen, actor_id=actor.id)
    for person in chosen:
        if not notifications.invite(person, keys[person.id], actor.name):
            raise EmailNotQueued


def _set_role(chosen: Sequence[Person], change: Change, actor: Person) -> None:
    changed = [(person.id, apply_changes(person, {"role": change.role})) for person in chosen]
    db.session.flush()
    for person_id, values in changed:
        record(PersonChanged(company_id=actor.company_id, actor_id=actor.id, subject_id=person_id, changed=values))


def _set_method(chosen: Sequence[Person], change: Change, actor: Person) -> None:
    assert change.assignment
    people_actions.set_method(
        actor.company_id,
        Person.id.in_([person.id for person in chosen]),
        change.assignment.method,
        change.assignment.connection_id,
        actor_id=actor.id,
    )


def _set_active(chosen: Sequence[Person], change: Change, actor: Person) -> None:
    active = change.action == Action.REACTIVATE
    for person in chosen:
        person.is_inactive_by_admin = not active
        person.update_active()
    db.session.flush()
    event = PersonReactivated if active else PersonDeactivated
    for person in chosen:
        record(event(company_id=actor.company_id, actor_id=actor.id, subject_id=person.id))


_ACTIONS: dict[Action, Callable[[Sequence[Person], Change, Person], Any]] = {
    Action.INVITE: _invite,
    Action.REMIND: _invite,
    Action.ROLE: _set_role,
    Action.METHOD: _set_method,
    Action.DEACTIVATE: _set_active,
    Action.REACTIVATE: _set_active,
}
