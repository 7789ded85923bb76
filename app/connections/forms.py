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
from app.core.translation import lazy_gettext as _l
from app.entra_apps.models import CredentialKind
from app.http.forms import Form, YesField
from app.http.localized_form import LocalizedForm, translated

LINK_DAYS = {"1": _l("1 day"), "7": _l("7 days"), "30": _l("30 days")}
"""How long a setup link can work."""
SHARED_TENANTS = ("common", "organizations", "consumers")
PERSONAL_ACCOUNTS = "9188040d-6c67-4c5b-b112-36a304b66dad"
DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", re.IGNORECASE)
LONGEST_SECRET_LIFE = timedelta(days=731)
"""Microsoft issues no client secret that is valid for more than 24 months."""


MESSAGES = {
    "shared_tenant": _l("“common” and the like aren’t a specific directory. Enter your tenant ID or domain."),
    "not_a_tenant": _l("Enter a tenant ID (a GUID) or a domain such as contoso.com."),
    "not_an_application": _l("Enter an application (client) ID like 1b4e28ba-2fa1-41d2-883f-0016d3cca427."),
    "same_as_tenant": _l("That’s the directory (tenant) ID. The application (client) ID is listed above it."),
    "secret_id": _l("That’s the Secret ID. Paste the Value; if you no longer have it, create a new secret."),
    "secret_missing": _l("Paste the secret’s Value."),
    "day_missing": _l("Enter the expiry date."),
    "day_past": _l("This date is in the past. Create a new secret in Entra."),
    "day_too_late": _l("Must be within 24 months. Check the expiry date in Entra."),
}
"""What is wrong with a value; static/src/scripts/entered_values.js shows the same while it is typed."""


def shown_messages() -> dict[str, str]:
    """The messages for that script."""
    return {name: str(text) for name, text in MESSAGES.items()}


def guid(text: str) -> str | None:
    """The text as a lowercase GUID; None if it isn't one."""
    try:
        return str(UUID(text)) if len(text) >= 32 else None
    except ValueError:
        return None


def _a_directory(_form: Any, field: Field) -> None:
    if field.data.lower() in SHARED_TENANTS or guid(field.data) == PERSONAL_ACCOUNTS:
        raise ValidationError(MESSAGES["shared_tenant"])
    if guid(field.data) is None and not DOMAIN.fullmatch(field.data):
        raise ValidationError(MESSAGES["not_a_tenant"])


def _an_application(form: Any, field: Field) -> None:
    if guid(field.data) is None:
        raise ValidationError(MESSAGES["not_an_application"])
    if guid(field.data) == guid(form.tenant.data):
        raise ValidationError(MESSAGES["same_as_tenant"])


def _a_secrets_value(form: Any, field: Field) -> None:
    if form.flow.data == Flow.SERVER:
        _no_secret_id(form, field)


def _no_secret_id(_form: Any, field: Field) -> None:
    if field.data and guid(field.data):
        raise ValidationError(MESSAGES["secret_id"])


def given_with_a_secret(form: Any, field: Field) -> None:
    if form.secret.data and field.data is None:
        field.errors[:] = []  # This message replaces the one that says that nothing is no date.
        raise StopValidation(MESSAGES["day_missing"])


def within_two_years(_form: Any, field: Field) -> None:
    today = datetime.now(UTC).date()
    if field.data and field.data <= today:
        raise ValidationError(MESSAGES["day_past"])
    if field.data and field.data > today + LONGEST_SECRET_LIFE:
        raise ValidationError(MESSAGES["day_too_late"])


FLOW_CHOICES = [
    SelectChoice(Flow.SERVER.value, _l("Redirect (recommended)")),
    SelectChoice(Flow.SPA.value, _l("Pop-up (MSAL.js)")),
]


def _label_field(*, default: str) -> Any:
    return StringField(_l("Button label"), [Length(max=100)], [lambda text: sanitize_name(text) or default])


@translated("button_label", lambda: _label_field(default=""))
class ConnectionForm(LocalizedForm, KeptSecretForm):
    """The draft's settings and optionally a client secret; if blank, the stored one is kept."""

    version = HiddenField()
    title = StringField(_l("Display name"), [DataRequired(_l("Enter a name.")), Length(max=100)], [sanitize_name])
    client_id = StringField(
        _l("Application (client) ID"), [DataRequired(_l("Enter the ID.")), _an_application], [sanitize_code]
    )
    tenant = StringField(
        _l("Directory (tenant) ID or domain"), [DataRequired(_l("Enter the ID.")), _a_directory], [sanitize_code]
    )
    flow = RadioField(
        _l("Sign-in flow"),
        choices=FLOW_CHOICES,
        default=Flow.SERVER.value,
    )
    secret = PasswordField(_l("Client secret"), [Optional(), Length(max=500), _a_secrets_value], [sanitize_code])
    secret_expires = DateField(_l("Secret expires"), [given_with_a_secret, Optional(), within_two_years])
    button_label = _label_field(default=DEFAULT_BUTTON_LABEL)
    create_people = BooleanField(_l("Create accounts automatically"))
    allow_guests = BooleanField(_l("Allow guest users"))

    def settings(self) -> dict[str, Any]:
        """The draft's new values, except the directory, which must be looked up if it is given as a domain."""
        return {
            "title": self.title.data,
            "client_id": guid(self.client_id.data or ""),
            "flow": self.flow.data,
            "button_label": self.button_label.data,
            "button_label_translations": self.translations,
            "create_people": self.create_people.data,
            "allow_guests": self.allow_guests.data,
        }


class ValuesForm(ConnectionForm):
    """The values that Microsoft shows, without the sign-in policy: for the step of an admin, and for a person with a
    setup link.
    """

    title = None
    button_label = None
    create_people = None
    allow_guests = None

    def __init__(self, flow: str, **options: Any) -> None:
        super().__init__(**options)
        # It is chosen in a step of its own, but validating the secret depends on it.
        self.flow.data = flow

    def settings(self) -> dict[str, Any]:
        return {"client_id": guid(self.client_id.data or "")}


class FlowForm(Form):
    """The first step: how people sign in, and what the connection is called."""

    title = StringField(_l("Display name"), [DataRequired(_l("Enter a name.")), Length(max=100)], [sanitize_name])
    flow = RadioField(_l("Sign-in flow"), choices=FLOW_CHOICES, default=Flow.SERVER.value)


class SecretForm(KeptSecretForm):
    """A new client secret for a connection that has one."""

    secret = PasswordField(
        _l("New client secret"),
        [DataRequired(MESSAGES["secret_missing"]), Length(max=500), _no_secret_id],
        [sanitize_code],
    )
    secret_expires = DateField(_l("Secret expires"), [given_with_a_secret, Optional(), within_two_years])


class EnabledForm(Form):
    """The button that deactivates an active connection, or activates it again."""

    enabled = YesField()
    confirmed = YesField()


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
CREDENTIALS_IN_SENTENCES = {
    CredentialKind.SECRET: N_("client secret"),
    CredentialKind.CERTIFICATE: N_("certificate"),
    CredentialKind.FEDERATED: N_("federated credential"),
}


def days_left(expires: date | None) -> int | None:
    return None if expires is None else (expires - datetime.now(UTC).date()).days
