"""Forms for connections: clean the input and explain errors."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from wtforms import (
    BooleanField,
    DateField,
    Field,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, Optional, StopValidation

from app.connections.kept_secret import KeptSecretForm
from app.connections.models import DEFAULT_BUTTON_LABEL, Flow
from app.core.text import gettext_noop as N_
from app.core.text import sanitize_code, sanitize_name
from app.core.translation import gettext as _
from app.core.translation import lazy_gettext as _l
from app.entra_apps.models import CredentialKind
from app.http.forms import Form, YesField

LINK_DAYS = {"1": _l("1 day"), "7": _l("7 days"), "30": _l("30 days")}
"""How long a setup link can work."""
SHARED_TENANTS = ("common", "organizations", "consumers")
PERSONAL_ACCOUNTS = "9188040d-6c67-4c5b-b112-36a304b66dad"
DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", re.IGNORECASE)
LONGEST_SECRET_LIFE = timedelta(days=731)
"""Microsoft issues no client secret that is valid for more than 24 months."""


def guid(text: str) -> str | None:
    """The text as a lowercase GUID; None if it isn't one."""
    try:
        return str(UUID(text)) if len(text) >= 32 else None
    except ValueError:
        return None


def _a_directory(_form: Any, field: Field) -> None:
    if field.data.lower() in SHARED_TENANTS or guid(field.data) == PERSONAL_ACCOUNTS:
        raise ValidationError(_("“common” and the like aren’t a specific directory. Enter your tenant ID or domain."))
    if guid(field.data) is None and not DOMAIN.fullmatch(field.data):
        raise ValidationError(_("Enter a tenant ID (a GUID) or a domain such as contoso.com."))


def _an_application(form: Any, field: Field) -> None:
    if guid(field.data) is None:
        raise ValidationError(_("Enter an application (client) ID like 1b4e28ba-2fa1-41d2-883f-0016d3cca427."))
    if guid(field.data) == guid(form.tenant.data):
        raise ValidationError(_("That’s the directory (tenant) ID. The application (client) ID is listed above it."))


def _a_secrets_value(form: Any, field: Field) -> None:
    if field.data and form.flow.data == Flow.SERVER and guid(field.data):
        raise ValidationError(
            _("That’s the Secret ID. Paste the Value; if you no longer have it, create a new secret.")
        )


def given_with_a_secret(form: Any, field: Field) -> None:
    if form.secret.data and field.data is None:
        raise StopValidation(_("Enter the expiry date."))


def within_two_years(_form: Any, field: Field) -> None:
    today = datetime.now(UTC).date()
    if field.data and field.data <= today:
        raise ValidationError(_("This date is in the past. Create a new secret in Entra."))
    if field.data and field.data > today + LONGEST_SECRET_LIFE:
        raise ValidationError(_("Must be within 24 months. Check the expiry date in Entra."))


class ConnectionForm(KeptSecretForm):
    """The draft's settings and optionally a client secret; if blank, the stored one is kept."""

    version = HiddenField()
    title = StringField(_l("Display name"), [DataRequired(_l("Enter a name.")), Length(max=100)], [sanitize_name])
    tenant = StringField(
        _l("Directory (tenant) ID or domain"), [DataRequired(_l("Enter the ID.")), _a_directory], [sanitize_code]
    )
    client_id = StringField(
        _l("Application (client) ID"), [DataRequired(_l("Enter the ID.")), _an_application], [sanitize_code]
    )
    flow = RadioField(
        _l("Sign-in flow"),
        choices=[
            SelectChoice(Flow.SERVER.value, _l("Redirect (recommended)")),
            SelectChoice(Flow.SPA.value, _l("Pop-up (MSAL.js)")),
        ],
        default=Flow.SERVER.value,
    )
    secret = PasswordField(_l("Client secret"), [Optional(), Length(max=500), _a_secrets_value], [sanitize_code])
    secret_expires = DateField(_l("Secret expires"), [given_with_a_secret, Optional(), within_two_years])
    button_label = StringField(
        _l("Button label"), [Length(max=100)], [lambda text: sanitize_name(text) or DEFAULT_BUTTON_LABEL]
    )
    create_people = BooleanField(_l("Create accounts automatically"))
    allow_guests = BooleanField(_l("Allow guest users"))

    def settings(self) -> dict[str, Any]:
        """The draft's new values, except the directory, which must be looked up if it is given as a domain."""
        return {
            "title": self.title.data,
            "client_id": guid(self.client_id.data or ""),
            "flow": self.flow.data,
            "button_label": self.button_label.data,
            "create_people": self.create_people.data,
            "allow_guests": self.allow_guests.data,
        }


class SetupForm(ConnectionForm):
    """What a person with a setup link may enter: the values that Microsoft shows, but no sign-in policy."""

    title = None
    button_label = None
    create_people = None
    allow_guests = None

    def settings(self) -> dict[str, Any]:
        return {"client_id": guid(self.client_id.data or "")}


class EnabledForm(Form):
    """The button that disables a live connection, or enables it again."""

    enabled = YesField()


class RemoveCredentialForm(Form):
    confirmed = YesField()


class SetupLinkForm(Form):
    days = SelectField(
        _l("Expires after"),
        choices=[SelectChoice(days, words) for days, words in LINK_DAYS.items()],
        default="7",
    )


CREDENTIAL_WORDS = {
    CredentialKind.SECRET: N_("Client secret"),
    CredentialKind.CERTIFICATE: N_("Certificate"),
    CredentialKind.FEDERATED: N_("Federated credential"),
}


def days_left(expires: date | None) -> int | None:
    return None if expires is None else (expires - datetime.now(UTC).date()).days
