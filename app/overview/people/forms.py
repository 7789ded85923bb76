"""Forms for adding and changing people."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask_wtf.file import FileField
from wtforms import BooleanField, EmailField, Field, RadioField, SearchField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from app.core.text import gettext_noop as N_
from app.core.text import sanitize_name
from app.core.translation import lazy_gettext as _l
from app.http.forms import Form, YesField, clean_email, valid_email
from app.people.imports.csv_parser import LONGEST_NAME
from app.people.invitations.actions import SignInAssignment
from app.people.method_choices import Choice
from app.people.models import Role
from app.people.people_list.filters import ROLE_TITLES, SORT_TITLES, STATE_TITLES, PeopleFilter, Sort

LONGEST_SEARCH = 100


def search_text(text: str | None) -> str:
    return (text or "").strip()[:LONGEST_SEARCH]


class RoleForm(Form):
    role = SelectField(_l("Role"), default=Role.MEMBER)

    def __init__(self, roles: list[Role], **options: Any) -> None:
        super().__init__(**options)
        self.role.choices = [SelectChoice(role.value, _l(ROLE_TITLES[role])) for role in roles]


class ActiveForm(Form):
    """The button that deactivates a person, or reactivates them."""

    active = YesField()


class DeleteForm(Form):
    keep_name = RadioField(
        _l("Name in the audit log"),
        choices=[SelectChoice("no", _l("Remove")), SelectChoice("yes", _l("Keep"))],
        default="no",
    )


class MethodForm(Form):
    """Which sign-in method people get, of those that the company offers."""

    method = SelectField(_l("Sign-in method"))

    def __init__(self, choices: list[Choice], **options: Any) -> None:
        super().__init__(**options)
        self.method.choices = [SelectChoice(choice.value, _l(choice.words)) for choice in choices]
        self._assignments = {choice.value: choice.assignment for choice in choices}

    @property
    def assignment(self) -> SignInAssignment:
        """The chosen method, once the form is valid."""
        return self._assignments[self.method.data]


class InvitationForm(MethodForm, RoleForm):
    email = EmailField(_l("Email address"), [DataRequired(_l("Enter an email address.")), valid_email], [clean_email])
    name = StringField(_l("Full name"), [DataRequired(_l("Enter a name.")), Length(max=LONGEST_NAME)], [sanitize_name])
    method = SelectField(_l("Sign-in method"), default="any")

    application = SelectField(_l("Application"), default="")

    def __init__(self, roles: list[Role], choices: list[Choice], applications: Mapping[UUID, str]) -> None:
        """`applications` are the names of those that an invitation can lead to."""
        super().__init__(choices, roles=roles)
        self.application.choices = [
            SelectChoice("", _l("No application")),
            *(SelectChoice(str(id_), name) for id_, name in applications.items()),
        ]
        if not applications:
            del self.application

    @property
    def leads_to(self) -> UUID | None:
        """The application that the invitation leads to, once the form is valid."""
        return UUID(self.application.data) if "application" in self and self.application.data else None


class ImportForm(MethodForm):
    file = FileField(_l("CSV file"))
    method = SelectField(_l("Sign-in method"), default="any")
    sends_mail = BooleanField(_l("Email an invitation to each person"))


def _options(titles: Mapping[Any, str], every: str = "") -> list[SelectChoice]:
    first = [SelectChoice("", _l(every))] if every else []
    return [*first, *(SelectChoice(str(value), _l(title)) for value, title in titles.items())]


class PeopleListForm(Form):
    """What it doesn't know is ignored, so that an old bookmark still shows a list."""

    q = SearchField(_l("Search people by name or email address"), filters=[search_text])
    role = SelectField(_l("Role"), choices=_options(ROLE_TITLES, N_("All roles")), default="")
    method = SelectField(_l("Sign-in method"), default="")
    state = SelectField(_l("Status"), choices=_options(STATE_TITLES, N_("Any status")), default="")
    sort = SelectField(_l("Sort by"), choices=_options(SORT_TITLES), default=Sort.NAME)

    def __init__(self, choices: list[Choice], *, formdata: Mapping[str, Any]) -> None:
        """Without choices of a sign-in method, for members, there is nothing to filter by."""
        super().__init__(formdata=formdata)
        self.method.choices = _options({choice.value: choice.words for choice in choices}, N_("All methods"))
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
