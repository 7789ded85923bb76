"""Forms to connect Dynamics 365: clean the input and explain errors."""

from typing import Any

from wtforms import DateField, Field, PasswordField, RadioField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, Optional

from app.connections.forms import given_with_a_secret, guid, within_two_years
from app.connections.kept_secret import KeptSecretForm
from app.core.text import sanitize_code
from app.core.translation import gettext as _
from app.core.translation import lazy_gettext as _l
from app.crm.models import Kind
from app.entra.dataverse_hosts import InvalidEnvironment
from app.http.forms import Form
from app.microsoft_clients import microsoft

ADDRESS_WORDS = {
    "scheme": _l("The URL must start with https://."),
    "userinfo": _l("The URL must not contain a user name or password."),
    "malformed": _l("Enter an environment URL like https://contoso.crm.dynamics.com."),
    "host": _l("This isn’t a Dynamics 365 environment. Enter a URL like https://contoso.crm.dynamics.com."),
    "private": _l("This URL points to a private network."),
    "unknown_host": _l("This address doesn’t exist. Copy the environment URL from the Power Platform admin center."),
}
KIND_HINTS = {
    Kind.DELEGATED.value: _l("You sign in to Microsoft, and Portico reads what you can read in Dynamics 365."),
    Kind.APPLICATION.value: _l(
        "Portico reads as an application user with its own security role. Keeps working when people leave."
    ),
}


def _an_application(_form: Any, field: Field) -> None:
    if guid(field.data) is None:
        raise ValidationError(_("Enter an application (client) ID like 1b4e28ba-2fa1-41d2-883f-0016d3cca427."))


def _a_directory(form: Any, field: Field) -> None:
    if guid(field.data) is None:
        raise ValidationError(_("Enter a directory (tenant) ID. It’s on the app’s Overview page."))
    if guid(field.data) == guid(form.client_id.data or ""):
        raise ValidationError(_("That’s the application (client) ID. The directory (tenant) ID is listed below it."))


def _a_secrets_value(_form: Any, field: Field) -> None:
    if guid(field.data):
        raise ValidationError(
            _("That’s the Secret ID. Paste the Value; if you no longer have it, create a new secret.")
        )


class CredentialForm(KeptSecretForm):
    """A new client secret only; if blank, the stored one is kept."""

    secret = PasswordField(_l("Client secret"), [Optional(), Length(max=500), _a_secrets_value], [sanitize_code])
    secret_expires = DateField(_l("Secret expires"), [given_with_a_secret, Optional(), within_two_years])


class ConnectForm(CredentialForm):
    """All settings of a connection."""

    kind = RadioField(
        _l("Access"),
        choices=[
            SelectChoice(Kind.DELEGATED.value, _l("A user account (sign in now)")),
            SelectChoice(Kind.APPLICATION.value, _l("The application (recommended)")),
        ],
        default=Kind.DELEGATED.value,
    )
    client_id = StringField(
        _l("Application (client) ID"), [DataRequired(_l("Enter the ID.")), _an_application], [sanitize_code]
    )
    tenant = StringField(
        _l("Directory (tenant) ID"), [DataRequired(_l("Enter the ID.")), _a_directory], [sanitize_code]
    )
    environment = StringField(
        _l("Application ID URI (environment URL)"),
        [DataRequired(_l("Enter the environment URL.")), Length(max=300)],
        [sanitize_code],
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
    contacts = RadioField(
        _l("Synced contacts"),
        choices=[
            SelectChoice("keep", _l("Keep them here, as they were at the last sync")),
            SelectChoice("delete", _l("Delete them here")),
        ],
        default="keep",
    )
