"""Forms to connect Dynamics 365: clean the input and explain errors."""

from typing import Any

from wtforms import BooleanField, DateField, Field, PasswordField, RadioField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, Optional

from app.connections.forms import given_with_a_secret, guid, within_two_years
from app.connections.kept_secret import KeptSecretForm
from app.core.text import sanitize_code
from app.crm.models import Kind
from app.entra.dataverse_hosts import InvalidEnvironment
from app.http.forms import Form
from app.microsoft_clients import microsoft

ADDRESS_WORDS = {
    "scheme": "The address must begin with https://.",
    "userinfo": "The address must not hold a user name or password.",
    "malformed": "This is no address of an environment. It looks like https://contoso.crm.dynamics.com.",
    "host": "This is no address of a Dynamics 365 environment. It looks like https://contoso.crm.dynamics.com.",
    "private": "This address leads into a private network, where no Dynamics 365 environment can be.",
    "unknown_host": "This address does not exist. Copy it from the Power Platform admin center.",
}
KIND_HINTS = {
    Kind.DELEGATED.value: "You sign in at Microsoft, and Portico reads with your rights in Dynamics 365.",
    Kind.APPLICATION.value: "Portico reads as an application user with a security role of its own, whoever leaves.",
}


def _an_application(_form: Any, field: Field) -> None:
    if guid(field.data) is None:
        raise ValidationError("This is no application (client) id. It looks like 1b4e28ba-2fa1-41d2-883f-0016d3cca427.")


def _a_directory(form: Any, field: Field) -> None:
    if guid(field.data) is None:
        raise ValidationError("This is no directory (tenant) id. It stands on the registration’s Overview.")
    if guid(field.data) == guid(form.client_id.data or ""):
        raise ValidationError("This is the application (client) id. The directory (tenant) id stands below it.")


def _a_secrets_value(_form: Any, field: Field) -> None:
    if guid(field.data):
        raise ValidationError("This is the secret's ID. Paste its Value, which Microsoft shows once, when it is made.")


class CredentialForm(KeptSecretForm):
    """A new client secret only; if blank, the stored one is kept."""

    secret = PasswordField("Client secret", [Optional(), Length(max=500), _a_secrets_value], [sanitize_code])
    secret_expires = DateField("Expires on", [given_with_a_secret, Optional(), within_two_years])


class ConnectForm(CredentialForm):
    """All settings of a connection."""

    kind = RadioField(
        "Who reads",
        choices=[
            SelectChoice(Kind.DELEGATED.value, "Somebody of ours, who signs in now"),
            SelectChoice(Kind.APPLICATION.value, "The application itself"),
        ],
        default=Kind.DELEGATED.value,
    )
    client_id = StringField(
        "Application (client) id", [DataRequired("Enter the id."), _an_application], [sanitize_code]
    )
    tenant = StringField("Directory (tenant) id", [DataRequired("Enter the id."), _a_directory], [sanitize_code])
    environment = StringField(
        "Application ID URI", [DataRequired("Enter the environment’s address."), Length(max=300)], [sanitize_code]
    )
    origin: str = ""
    """The environment's normalized origin, once the form is valid."""

    def settings(self) -> dict[str, Any]:
        return {
            "kind": self.kind.data,
            "client_id": guid(self.client_id.data or ""),
            "tenant": guid(self.tenant.data or ""),
            "environment": self.origin,
        }

    def validate_environment(self, field: Field) -> None:
        try:
            self.origin = microsoft().dataverse_hosts.admit(field.data)
        except InvalidEnvironment as error:
            raise ValidationError(ADDRESS_WORDS[error.reason]) from None


class DisconnectForm(Form):
    erase = BooleanField("Erase the contacts, too")
