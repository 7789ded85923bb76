"""What can be done to several people at once, and who is left out of it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.core.text import gettext_noop as N_
from app.people.invitations.actions import SignInAssignment
from app.people.invitations.models import HAS_INVITATION
from app.people.models import ACCEPTED, Person, Role


class Action(StrEnum):
    INVITE = "invite"
    REMIND = "remind"
    ROLE = "role"
    METHOD = "method"
    DEACTIVATE = "deactivate"
    REACTIVATE = "reactivate"


class Exclusion(StrEnum):
    """Why a person is left out."""

    SELF = "self"
    OWNER = "owner"
    ACCEPTED = "accepted"
    DEACTIVATED = "deactivated"
    ACTIVE = "active"
    INVITED = "invited"
    NOT_INVITED = "not_invited"
    NO_EMAIL = "no_email"
    SAME = "same"
    BY_DIRECTORY = "by_directory"
    MAPPED = "mapped"


EXCLUSION_TITLES = {
    Exclusion.SELF: N_("You can’t change your own account here"),
    Exclusion.OWNER: N_("Only owners can change owners"),
    Exclusion.ACCEPTED: N_("Already joined"),
    Exclusion.DEACTIVATED: N_("Deactivated"),
    Exclusion.ACTIVE: N_("Not deactivated"),
    Exclusion.INVITED: N_("Already invited; send a reminder instead"),
    Exclusion.NOT_INVITED: N_("Not invited yet; invite them instead"),
    Exclusion.NO_EMAIL: N_("No email address"),
    Exclusion.SAME: N_("Already set"),
    Exclusion.BY_DIRECTORY: N_("Deactivated by their directory; reactivate them at Microsoft"),
    Exclusion.MAPPED: N_("Admins by a group or app role; change that or its mapping"),
}

Rule = tuple[sa.SQLColumnExpression[bool], Exclusion]
EMAILED: tuple[Rule, ...] = (
    (ACCEPTED, Exclusion.ACCEPTED),
    (sa.not_(Person.is_active), Exclusion.DEACTIVATED),
    (Person.sign_in_email.is_(None), Exclusion.NO_EMAIL),
)
RULES: dict[Action, tuple[Rule, ...]] = {
    Action.INVITE: (*EMAILED, (HAS_INVITATION, Exclusion.INVITED)),
    Action.REMIND: (*EMAILED, (sa.not_(HAS_INVITATION), Exclusion.NOT_INVITED)),
    Action.ROLE: (),
    Action.METHOD: (),
    Action.DEACTIVATE: ((sa.not_(Person.is_active), Exclusion.DEACTIVATED),),
    Action.REACTIVATE: (
        (Person.is_active, Exclusion.ACTIVE),
        (Person.inactive_by_connection_id.is_not(None), Exclusion.BY_DIRECTORY),
    ),
}


def leave_out(action: Action, condition: sa.SQLColumnExpression[bool], reason: Exclusion) -> None:
    """Adds a rule, of a package further up, about whom an action leaves out."""
    RULES[action] = (*(rule for rule in RULES[action] if rule[1] is not reason), (condition, reason))


@dataclass(frozen=True)
class Change:
    """An action with what it sets."""

    action: Action
    role: Role | None = None
    assignment: SignInAssignment | None = None


def exclusion(change: Change, actor_id: UUID, actor_role: str) -> sa.ColumnElement[str | None]:
    """Why this actor's change leaves a person out; NULL for everyone it is for."""
    rules: list[Rule] = [(Person.id == actor_id, Exclusion.SELF)]
    if actor_role != Role.OWNER:
        rules.append((Person.role == Role.OWNER, Exclusion.OWNER))
    rules += RULES[change.action]
    if change.role:
        rules.append((Person.role == change.role, Exclusion.SAME))
    if change.assignment:
        rules.append((_has(change.assignment), Exclusion.SAME))
    found: Any = sa.case(*((condition, sa.literal(str(reason))) for condition, reason in rules))
    return found  # type: ignore[no-any-return]


def _has(assignment: SignInAssignment) -> sa.ColumnElement[bool]:
    return sa.and_(
        Person.sign_in_method == assignment.method,
        Person.method_connection_id.is_not_distinct_from(assignment.connection_id),
    )
