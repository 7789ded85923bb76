"""Forms for login pages."""

from typing import Any
from uuid import UUID

from wtforms import Field, RadioField, StringField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from app.companies import codes, queries
from app.companies.models import PasswordSignIn
from app.core.text import sanitize, sanitize_code, sanitize_lines
from app.core.translation import gettext as _
from app.core.translation import lazy_gettext as _l
from app.http.forms import Form
from app.http.localized_form import LocalizedForm, translated

LONGEST_NOTE = 500
POLICY_WORDS = {
    PasswordSignIn.EVERYONE: _l("Everyone"),
    PasswordSignIn.ASSIGNED: _l("Selected people"),
    PasswordSignIn.NO_ONE: _l("No one"),
}


def code_fault(company_id: UUID | None, code: str, current_code: str | None) -> str | None:
    """Why a login code can't be used, in words; None if it can."""
    if fault := codes.fault(code):
        return fault
    if code != current_code and not queries.code_is_free(company_id, code):
        return _("This code is taken. Choose another.")
    return None


def _note_field() -> Any:
    return TextAreaField(
        _l("Note to users"), [Length(max=LONGEST_NOTE, message=_l("Use 500 characters or fewer."))], [sanitize_lines]
    )


@translated("note", _note_field)
class LoginPageForm(LocalizedForm):
    code = StringField(
        _l("Login code"), [DataRequired(_l("Enter a login code."))], [lambda text: codes.normal(sanitize_code(text))]
    )
    location = StringField(_l("Location name"), [Length(max=100)], [sanitize])
    note = _note_field()

    def __init__(self, company_id: UUID, current_code: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self._company_id = company_id
        self._current_code = current_code

    def validate_code(self, field: Field) -> None:
        if fault := code_fault(self._company_id, field.data, self._current_code):
            raise ValidationError(fault)


class PasswordPolicyForm(Form):
    policy = RadioField(
        _l("Password sign-in"),
        choices=[SelectChoice(policy.value, words) for policy, words in POLICY_WORDS.items()],
    )
