"""Forms of the page Provisioning."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from wtforms import Field, SelectField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from app.core.text import gettext_noop as N_
from app.core.text import sanitize
from app.core.translation import gettext as _
from app.core.translation import lazy_gettext as _l
from app.http.forms import Form, YesField

TOKEN_DAYS = {"90": _l("90 days"), "180": _l("6 months"), "365": _l("1 year")}
"""How long a token can work."""
SECRET_DAYS = {"365": _l("1 year"), "730": _l("2 years"), "1095": _l("3 years")}
"""How long a client secret can work. Microsoft's gallery wants 1 to 3 years."""
NOT_A_SUBJECT = N_("Enter the subject as Microsoft shows it: 32 digits in five groups.")
NOT_AN_AUDIENCE = N_(
    "Enter the audience as Microsoft shows it, for example api://00000000-0000-0000-0000-000000000000."
)


def guid(text: str) -> str | None:
    """The text as a GUID in lower case, with its hyphens; None if it isn't one."""
    try:
        found = str(UUID(text))
    except ValueError:
        return None
    return found if found == text.lower() else None


def application_of(audience: str) -> str | None:
    """The application (client) id in an audience, with which Microsoft writes more or less around it."""
    return guid(audience.lower().removeprefix("api://").removesuffix("/").removesuffix("/.default"))


class CredentialForm(Form):
    """How long a new token or client secret works."""

    days = SelectField(_l("Expires after"))

    def expires(self, today: date) -> date:
        """The last day on which it works."""
        return today + timedelta(days=int(self.days.data))


class TokenForm(CredentialForm):
    days = SelectField(
        _l("Expires after"),
        choices=[SelectChoice(days, words) for days, words in TOKEN_DAYS.items()],
        default="180",
    )


class SecretForm(CredentialForm):
    days = SelectField(
        _l("Expires after"),
        choices=[SelectChoice(days, words) for days, words in SECRET_DAYS.items()],
        default="365",
    )


class FederationForm(Form):
    """What an admin copies from Microsoft."""

    subject = StringField(_l("Subject (sub)"), [InputRequired()], filters=[sanitize])
    audience = StringField(_l("Audience (aud)"), [InputRequired()], filters=[sanitize])

    def validate_subject(self, field: Field) -> None:
        if guid(field.data) is None:
            raise ValidationError(_(NOT_A_SUBJECT))

    def validate_audience(self, field: Field) -> None:
        if application_of(field.data) is None:
            raise ValidationError(_(NOT_AN_AUDIENCE))

    @property
    def values(self) -> dict[str, Any]:
        return {"subject": guid(self.subject.data), "application": application_of(self.audience.data)}


class ConfirmForm(Form):
    """A button that asks for confirmation first."""

    confirmed = YesField()
