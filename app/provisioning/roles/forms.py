"""Forms of mappings."""

import re
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from wtforms import Field, RadioField, SearchField, SelectField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from app.applications.models import MappingKind
from app.applications.roles.forms import LONGEST_SEARCH
from app.core.text import gettext_noop as N_
from app.core.text import sanitize_code, sanitize_name
from app.core.translation import gettext as _
from app.core.translation import lazy_gettext as _l
from app.http.forms import Form
from app.provisioning.roles.queries import RoleChoice
from app.provisioning.roles.scim_queries import OfferedGroup

LONGEST_VALUE = 256
LONGEST_NAME = 100
PORTICO_ADMIN = "admin"
"""The choice of Portico's own role of an admin."""
APP_ROLE_VALUE = re.compile(r"[!-~]{1,256}")
KIND_TITLES = {
    MappingKind.GROUP: N_("Group"),
    MappingKind.APP_ROLE: N_("App role"),
    MappingKind.SCIM_GROUP: N_("SCIM group"),
}
KIND_HINTS = {
    MappingKind.GROUP: N_("Everyone in the group, also in groups within it."),
    MappingKind.APP_ROLE: N_("Everyone who has the app role, by themselves or by a group that lists them directly."),
    MappingKind.SCIM_GROUP: N_("Everyone whom your directory puts into the group by SCIM. Changes count at once."),
}


class MappingForm(Form):
    """A group or an app role of a connection, and the role that it gives."""

    connection = SelectField(
        _l("Connection"), invalid_choice_message=_l("This connection no longer exists. Choose another.")
    )
    kind = RadioField(_l("In Microsoft Entra ID"), default=MappingKind.GROUP)
    value = StringField(_l("Object ID or value"), filters=[sanitize_code])
    group_name = StringField(
        _l("Group name"), [Length(max=LONGEST_NAME, message=_l("Use 100 characters or fewer."))], [sanitize_name]
    )
    scim_group = SelectField(_l("SCIM group"), validate_choice=False)
    role = SelectField(
        _l("Role"),
        invalid_choice_message=_l("This role no longer exists, or you can’t assign it. Choose another."),
    )

    def __init__(
        self,
        connections: list[tuple[str, str]],
        roles: list[RoleChoice],
        *,
        may_map_admin: bool,
        scim_groups: Sequence[OfferedGroup] = (),
        exists: Callable[[UUID, str, str, UUID | None], bool] = lambda *_: False,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self._exists = exists
        self._scim_groups = {str(one.id): one for one in scim_groups}
        several = len({one.connection_id for one in scim_groups}) > 1
        self.scim_group.choices = [
            SelectChoice(key, f"{one.name} ({one.connection})" if several else one.name)
            for key, one in self._scim_groups.items()
        ]
        self.kind.choices = [
            SelectChoice(str(kind), _(words))
            for kind, words in KIND_TITLES.items()
            if scim_groups or kind != MappingKind.SCIM_GROUP
        ]
        self.connection.choices = [SelectChoice(*one) for one in connections]
        self.role.choices = [SelectChoice(str(one.id), f"{one.application}: {one.name}") for one in roles]
        if may_map_admin:
            self.role.choices.append(SelectChoice(PORTICO_ADMIN, _("Portico: Admin")))

    @property
    def is_of_scim(self) -> bool:
        return bool(self.kind.data == MappingKind.SCIM_GROUP)

    @property
    def connection_id(self) -> UUID:
        """That of a SCIM group is its own."""
        return self._scim_groups[self.scim_group.data].connection_id if self.is_of_scim else UUID(self.connection.data)

    @property
    def role_id(self) -> UUID | None:
        """None for Portico's own role of an admin."""
        return None if self.role.data == PORTICO_ADMIN else UUID(self.role.data)

    @property
    def normal_value(self) -> str:
        value: str = (self.scim_group if self.is_of_scim else self.value).data or ""
        return str(UUID(value)) if self.kind.data == MappingKind.GROUP else value

    @property
    def readable_name(self) -> str | None:
        return self.group_name.data if self.kind.data == MappingKind.GROUP else None

    def validate_scim_group(self, field: Field) -> None:
        if self.is_of_scim and field.data not in self._scim_groups:
            raise ValidationError(_("This group no longer exists. Choose another."))

    def validate_value(self, field: Field) -> None:
        if self.is_of_scim:
            return
        if not field.data:
            raise ValidationError(_("Enter the group’s object ID or the app role’s value."))
        if self.kind.data == MappingKind.GROUP:
            try:
                UUID(field.data)
            except ValueError:
                raise ValidationError(
                    _(
                        "This isn’t an object ID. Copy it from the group’s overview in Entra; it looks like "
                        "c1000002-0000-4000-8000-000000000002."
                    )
                ) from None
        elif not APP_ROLE_VALUE.fullmatch(field.data):
            raise ValidationError(_("Enter the app role’s value, without spaces; not its display name."))

    def validate_group_name(self, field: Field) -> None:
        if self.kind.data == MappingKind.GROUP and not field.data:
            raise ValidationError(_("Enter the group’s name, so that people know which one it is."))

    def validate(self, extra_validators: Any = None) -> bool:
        if not super().validate(extra_validators):
            return False
        if self._exists(self.connection_id, self.kind.data, self.normal_value, self.role_id):
            words = _("This group gives this role already.")
            if self.kind.data == MappingKind.APP_ROLE:
                words = _("This app role gives this role already.")
            (self.scim_group if self.is_of_scim else self.value).errors = [words]
            return False
        return True


class TryForm(Form):
    q = SearchField(_l("Find a person"), filters=[lambda text: (text or "").strip()[:LONGEST_SEARCH]])
