"""The filters of the list of people, which its URL carries."""

from collections.abc import Mapping
from typing import Any

from flask_wtf import FlaskForm
from wtforms import SearchField, SelectField
from wtforms.fields import Field
from wtforms.fields.choices import SelectChoice

from app.people.method_choices import Choice
from app.people.people_list.filters import ROLE_TITLES, SORT_TITLES, STATE_TITLES, PeopleFilter, Sort

LONGEST_SEARCH = 100


def search_text(text: str | None) -> str:
    return (text or "").strip()[:LONGEST_SEARCH]


def _options(titles: Mapping[Any, str], every: str = "") -> list[SelectChoice]:
    first = [SelectChoice("", every)] if every else []
    return [*first, *(SelectChoice(str(value), title) for value, title in titles.items())]


class PeopleListForm(FlaskForm):
    """What it doesn't know is ignored, so that an old bookmark still shows a list."""

    class Meta:
        csrf = False  # It changes nothing.

    q = SearchField("Search people by name or email address", filters=[search_text])
    role = SelectField("Role", choices=_options(ROLE_TITLES, "All roles"), default="")
    method = SelectField("Sign-in method", default="")
    state = SelectField("Status", choices=_options(STATE_TITLES, "Any status"), default="")
    sort = SelectField("Sort by", choices=_options(SORT_TITLES), default=Sort.NAME)

    def __init__(self, choices: list[Choice], *, formdata: Mapping[str, Any]) -> None:
        """Without choices of a sign-in method, for members, there is nothing to filter by."""
        super().__init__(formdata=formdata)
        self.method.choices = _options({choice.value: choice.words for choice in choices}, "All methods")
        offered = (self.role, self.method, self.state) if choices else ()
        for field in (self.role, self.method, self.state):
            if field not in offered or field.data not in _values(field):
                field.data = ""
        if self.sort.data not in _values(self.sort):
            self.sort.data = Sort.NAME

    @property
    def wanted(self) -> PeopleFilter:
        return PeopleFilter(
            search=self.q.data or "", role=self.role.data, method=self.method.data, state=self.state.data
        )

    @property
    def query(self) -> dict[str, str]:
        """The URL's parameters, without those that are at their default."""
        return self.wanted.query | ({"sort": self.sort.data} if self.sort.data != Sort.NAME else {})


def _values(field: Field) -> list[str]:
    return [choice.value for choice in field.choices]
