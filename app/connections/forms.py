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
from app.core.text import sanitize_code, sanitize_name
from app.entra_apps.models import CredentialKind
from app.http.forms import Form, YesField

LINK_DAYS = ("1", "7", "30")
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
        raise ValidationError("This names no directory of your own. Enter your directory (tenant) id or your domain.")
    if guid(field.data) is None and not DOMAIN.fullmatch(field.data):
        raise ValidationError("This is neither an id (8-4-4-4-12 digits and letters) nor a domain such as contoso.com.")


def _an_application(form: Any, field: Field) -> None:
    if guid(field.data) is None:
        raise ValidationError("This is no application (client) id. It looks like 1b4e28ba-2fa1-41d2-883f-0016d3cca427.")
    if guid(field.data) == guid(form.tenant.data):
        raise ValidationError("This is the directory (tenant) id. The application (client) id stands above it.")


def _a_secrets_value(form: Any, field: Field) -> None:
    if field.data and form.flow.data == Flow.SERVER and guid(field.data):
        raise ValidationError("This is the secret's ID. Paste its Value, which Microsoft shows once, when it is made.")


def given_with_a_secret(form: Any, field: Field) -> None:
    if form.secret.data and field.data is None:
        raise StopValidation("Enter the day on which the secret expires, so that we can warn you in time.")


def within_two_years(_form: Any, field: Field) -> None:
    today = datetime.now(UTC).date()
    if field.data and field.data <= today:
        raise ValidationError("This day has passed. Create a new secret at Microsoft.")
    if field.data and field.data > today + LONGEST_SECRET_LIFE:
        raise ValidationError("Secrets live for 24 months at the most. Look the day up at Microsoft.")


class ConnectionForm(KeptSecretForm):
    """The draft's settings and optionally a client secret; if blank, the stored one is kept."""

    version = HiddenField()
    title = StringField(
        "Title", [DataRequired("Give it a name that your people know."), Length(max=100)], [sanitize_name]
    )
    tenant = StringField(
        "Directory (tenant) id or domain", [DataRequired("Enter the id."), _a_directory], [sanitize_code]
    )
    client_id = StringField(
        "Application (client) id", [DataRequired("Enter the id."), _an_application], [sanitize_code]
    )
    flow = RadioField(
        "How people sign in",
        choices=[SelectChoice(Flow.SERVER.value, "Server-side"), SelectChoice(Flow.SPA.value, "On the page")],
        default=Flow.SERVER.value,
    )
    secret = PasswordField("Client secret", [Optional(), Length(max=500), _a_secrets_value], [sanitize_code])
    secret_expires = DateField("Expires on", [given_with_a_secret, Optional(), within_two_years])
    button_label = StringField("Button", [Length(max=100)], [lambda text: sanitize_name(text) or DEFAULT_BUTTON_LABEL])
    create_people = BooleanField("Let in people who are new here")
    allow_guests = BooleanField("Let in guests of the directory")

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
        "It works for",
        choices=[SelectChoice(days, f"{days} day{'' if days == '1' else 's'}") for days in LINK_DAYS],
        default="7",
    )


CREDENTIAL_WORDS = {
    CredentialKind.SECRET: "Client secret",
    CredentialKind.CERTIFICATE: "Certificate",
    CredentialKind.FEDERATED: "Federated credential",
}


def days_left(expires: date | None) -> int | None:
    return None if expires is None else (expires - datetime.now(UTC).date()).days
