"""Forms for the roles of an application."""

from typing import Any
from uuid import UUID

from wtforms import Field, HiddenField, SearchField, StringField, ValidationError
from wtforms.validators import DataRequired, Length

from app.applications.roles.values import ROLE_VALUE
from app.core.text import sanitize_code, sanitize_name
from app.core.translation import gettext as _
from app.core.translation import lazy_gettext as _l
from app.http.forms import Form

LONGEST_NAME = 60
LONGEST_SEARCH = 100


def _name_field() -> StringField:
    return StringField(
        _l("Role name"),
        [DataRequired(_l("Enter a name.")), Length(max=LONGEST_NAME, message=_l("Use 60 characters or fewer."))],
        [sanitize_name],
    )


class RoleForm(Form):
    """A role that is declared."""

    role_name = _name_field()
    value = StringField(
        _l("Value"), [DataRequired(_l("Enter the value that the application expects."))], [sanitize_code]
    )

    def __init__(self, taken: tuple[str, ...] = (), **options: Any) -> None:
        super().__init__(**options)
        self._taken = taken

    def validate_value(self, field: Field) -> None:
        if not ROLE_VALUE.fullmatch(field.data):
            raise ValidationError(_("Use up to 64 letters, digits or . _ : / - without spaces."))
        if field.data in self._taken:
            raise ValidationError(_("This application has a role with this value already."))


class RenameForm(Form):
    role_name = _name_field()


class AssignForm(Form):
    """Which role a person gets; the name says for whom it is shown."""

    role = HiddenField()

    @property
    def role_id(self) -> UUID | None:
        try:
            return UUID(self.role.data or "")
        except ValueError:
            return None


class SearchForm(Form):
    q = SearchField(_l("Find a person"), filters=[lambda text: (text or "").strip()[:LONGEST_SEARCH]])
