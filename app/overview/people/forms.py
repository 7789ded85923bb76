"""Forms for adding and changing people."""

from typing import Any
from uuid import UUID

from flask_wtf.file import FileField
from wtforms import BooleanField, EmailField, RadioField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from app.core.text import sanitize_name
from app.core.translation import gettext as _
from app.core.translation import lazy_gettext as _l
from app.http.forms import Form, YesField, clean_email, valid_email
from app.people.imports.csv_parser import LONGEST_NAME
from app.people.invitations.actions import SignInAssignment
from app.people.method_choices import Choice
from app.people.models import Role

ROLE_WORDS = {Role.MEMBER: _l("Member"), Role.ADMIN: _l("Admin"), Role.OWNER: _l("Owner")}
MOST_SELECTED = 100
LONGEST_SEARCH = 100


def search_text(text: str | None) -> str:
    return (text or "").strip()[:LONGEST_SEARCH]


class RoleForm(Form):
    role = SelectField(_l("Role"), default=Role.MEMBER)

    def __init__(self, roles: list[Role], **options: Any) -> None:
        super().__init__(**options)
        self.role.choices = [SelectChoice(role.value, ROLE_WORDS[role]) for role in roles]


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


class MethodsForm(MethodForm):
    """The same for several people: those selected, or all that match the list's search."""

    q = StringField(filters=[search_text])
    whom = SelectField(_l("People"), default="ticked")
    person = SelectMultipleField(coerce=UUID, validate_choice=False)

    def __init__(self, choices: list[Choice], **options: Any) -> None:
        super().__init__(choices, **options)
        all_of_them = _("all search results") if self.q.data else _("everyone")
        self.whom.choices = [SelectChoice("ticked", _("selected people")), SelectChoice("found", all_of_them)]

    @property
    def selected(self) -> list[UUID]:
        return list(self.person.data or ())[:MOST_SELECTED]


class InvitationForm(MethodForm, RoleForm):
    email = EmailField(_l("Email address"), [DataRequired(_l("Enter an email address.")), valid_email], [clean_email])
    name = StringField(_l("Full name"), [DataRequired(_l("Enter a name.")), Length(max=LONGEST_NAME)], [sanitize_name])
    method = SelectField(_l("Sign-in method"), default="any")

    def __init__(self, roles: list[Role], choices: list[Choice], **options: Any) -> None:
        super().__init__(choices, roles=roles, **options)


class ImportForm(MethodForm):
    file = FileField(_l("CSV file"))
    method = SelectField(_l("Sign-in method"), default="any")
    sends_mail = BooleanField(_l("Email an invitation to each person"))
