"""The form that selects people in the list, and what is set for all of them."""

from collections.abc import Mapping
from uuid import UUID

from wtforms import HiddenField, IntegerField, RadioField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from app.core.translation import lazy_gettext as _l
from app.http.forms import Form
from app.people.invitations.actions import SignInAssignment
from app.people.method_choices import Choice
from app.people.models import Role
from app.people.people_list.filters import ROLE_TITLES

MOST_SELECTED = 100
"""More than a page of the list has."""
BULK_ROLES = (Role.MEMBER, Role.ADMIN)
"""Owners are made one by one."""


class SelectionForm(Form):
    """Who is selected: the people by their ids, or all who match the list's filter."""

    scope = HiddenField()
    person = SelectMultipleField(coerce=UUID, validate_choice=False)
    number = IntegerField()
    """The number of people that was confirmed."""

    @property
    def ids(self) -> list[UUID] | None:
        """None for all who match."""
        return None if self.scope.data == "all" else (self.person.data or [])[:MOST_SELECTED]


class BulkRoleForm(Form):
    role = RadioField(
        _l("New role"),
        [InputRequired(_l("Choose a role."))],
        choices=[SelectChoice(str(role), _l(ROLE_TITLES[role])) for role in BULK_ROLES],
    )

    def hints(self, present: Mapping[str, int], number: int) -> dict[str, int]:
        """How many people each choice changes."""
        return {choice.value: number - present.get(choice.value, 0) for choice in self.role.choices}


class BulkMethodForm(Form):
    method = RadioField(_l("New sign-in method"), [InputRequired(_l("Choose a sign-in method."))])

    def __init__(self, choices: list[Choice]) -> None:
        super().__init__()
        self.method.choices = [SelectChoice(choice.value, _l(choice.words)) for choice in choices]
        self._assignments = {choice.value: choice.assignment for choice in choices}

    @property
    def assignment(self) -> SignInAssignment:
        """The chosen method, once the form is valid."""
        return self._assignments[self.method.data]

    def hints(self, present: Mapping[str, int], number: int) -> dict[str, int]:
        """How many people each choice changes."""
        return {choice.value: number - present.get(choice.value, 0) for choice in self.method.choices}
