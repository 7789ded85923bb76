"""The steps from a new connection to an active one, and which of them a draft has reached."""

from dataclasses import dataclass
from enum import StrEnum

from flask import url_for

from app.connections.models import Draft
from app.core.text import gettext_noop as N_


class Step(StrEnum):
    """Its value is the last part of the step's address."""

    FLOW = "flow"
    REGISTER = "register"
    VALUES = "values"
    TEST = "test"
    ACTIVATE = "activate"


TITLES = {
    Step.FLOW: N_("Choose"),
    Step.REGISTER: N_("Register"),
    Step.VALUES: N_("Enter values"),
    Step.TEST: N_("Test"),
    Step.ACTIVATE: N_("Activate"),
}
ENDPOINTS = {
    Step.FLOW: "connections.steps.show_flow",
    Step.REGISTER: "connections.steps.register",
    Step.VALUES: "connections.steps.show_values",
    Step.TEST: "login.connection_test.show",
    Step.ACTIVATE: "connections.steps.finish",
}


@dataclass(frozen=True)
class ShownStep:
    """A step as the page shows it."""

    title: str
    url: str | None
    """None while the step can't be opened yet."""
    is_done: bool
    is_current: bool


def reached(draft: Draft) -> Step:
    """The step with which to continue."""
    if draft.may_activate:
        return Step.ACTIVATE
    if draft.is_complete:
        return Step.TEST
    return Step.VALUES if draft.client_id else Step.REGISTER


def shown(draft: Draft | None, current: Step) -> list[ShownStep]:
    """All steps. Those of a connection that doesn't exist yet, or is active already, can't be opened."""
    order = list(Step)
    furthest = max(order.index(reached(draft)), order.index(Step.VALUES)) if draft and not draft.connection else -1
    done = max(order.index(reached(draft)), order.index(current)) if draft else 0
    if draft and draft.connection:
        done = len(order)
    return [
        ShownStep(
            TITLES[step],
            url_for(ENDPOINTS[step], draft_id=draft.id) if draft and number <= furthest else None,
            is_done=number < done,
            is_current=step == current,
        )
        for number, step in enumerate(order)
    ]
