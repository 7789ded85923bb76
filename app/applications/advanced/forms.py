"""Forms for a company's applications."""

from collections.abc import Callable
from typing import Any

from flask_wtf.file import FileField
from wtforms import BooleanField, Field, RadioField, StringField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, Optional

from app.applications import uris
from app.applications.models import Application, Authentication, IdTokenAlgorithm, Kind, UriUse
from app.core.text import sanitize_code, sanitize_name
from app.core.translation import gettext as _
from app.core.translation import lazy_gettext as _l
from app.http.forms import CheckboxesField, Form, YesField
from app.people.avatars import LARGEST_BYTES, Picture, reencode

LONGEST_NAME = 60
MOST_URIS = 20
"""Of each kind."""
KINDS = {
    Kind.SERVER: _l("Web application with a server"),
    Kind.PUBLIC: _l("Browser or native application"),
}
KIND_HINTS = {
    Kind.SERVER: _l("Flask, Django, Express, Rails, .NET, Java and the like. It gets a client secret."),
    Kind.PUBLIC: _l(
        "React, Vue, Angular, desktop or mobile. It can’t keep a secret, so it gets none; PKCE protects it."
    ),
}
EVERYONE, BY_ROLE = "everyone", "roles"


class LinesField(TextAreaField):
    """Several values, one in each line."""

    @property
    def lines(self) -> list[str]:
        """Without blank lines and repetitions."""
        cleaned = (sanitize_code(line) for line in (self.data or "").splitlines())
        return list(dict.fromkeys(line for line in cleaned if line))


class EachLine:
    """A validator: `fault` says what is wrong with a line."""

    def __init__(self, fault: Callable[[str], str | None]) -> None:
        self._fault = fault

    def __call__(self, _form: Any, field: LinesField) -> None:
        lines = field.lines
        if len(lines) > MOST_URIS:
            raise ValidationError(_("Enter at most %(number)s addresses.", number=MOST_URIS))
        faults = [(line, fault) for line in lines if (fault := self._fault(line))]
        if not faults:
            return
        line, fault = faults[0]
        raise ValidationError(_(fault) if len(lines) == 1 else f"{line[:80]}: {_(fault)}")


def _name_field() -> StringField:
    return StringField(
        _l("Name"),
        [DataRequired(_l("Enter a name.")), Length(max=LONGEST_NAME, message=_l("Use 60 characters or fewer."))],
        [sanitize_name],
    )


def _is_uri(_form: Any, field: Field) -> None:
    if fault := uris.fault(field.data):
        raise ValidationError(_(fault))


def _is_start_url(_form: Any, field: Field) -> None:
    if fault := uris.start_url_fault(field.data):
        raise ValidationError(_(fault))


class NewApplicationForm(Form):
    name = _name_field()
    redirect_uri = StringField(
        _l("Redirect URI"), [DataRequired(_l("Enter the redirect URI.")), _is_uri], [sanitize_code]
    )
    kind = RadioField(
        _l("Type"),
        choices=[SelectChoice(kind.value, words) for kind, words in KINDS.items()],
        default=Kind.SERVER,
    )


class ApplicationForm(Form):
    name = _name_field()
    start_url = StringField(_l("Start URL"), [Optional(), _is_start_url], [sanitize_code])
    redirect_uris = LinesField(
        _l("Redirect URIs"), [DataRequired(_l("Enter at least one redirect URI.")), EachLine(uris.fault)]
    )
    post_logout_uris = LinesField(_l("Post-logout redirect URIs"), [EachLine(uris.fault)])
    cors_origins = LinesField(_l("Allowed origins (CORS)"), [EachLine(uris.origin_fault)])
    backchannel_logout_uri = StringField(_l("Back-channel logout URI"), [Optional(), _is_uri], [sanitize_code])
    initiate_login_uri = StringField(_l("Login initiation URI"), [Optional(), _is_uri], [sanitize_code])
    jwks_uri = StringField(_l("Key set URL (jwks_uri)"), [Optional(), _is_uri], [sanitize_code])
    require_pkce = BooleanField(_l("Require PKCE"))
    id_token_signed_response_alg = RadioField(
        _l("ID token signature"), choices=[SelectChoice(one.value, one.value) for one in IdTokenAlgorithm]
    )
    allow_offline_access = BooleanField(_l("Allow offline access"))

    def __init__(self, application: Application, **options: Any) -> None:
        is_shown = options.get("formdata", ...) is None
        values = {
            "redirect_uris": "\n".join(application.uris_for(UriUse.REDIRECT)),
            "post_logout_uris": "\n".join(application.uris_for(UriUse.POST_LOGOUT)),
            "cors_origins": "\n".join(application.uris_for(UriUse.CORS_ORIGIN)),
        }
        super().__init__(**({"obj": application} | values if is_shown else {}), **options)
        if application.kind == Kind.PUBLIC:
            del self.require_pkce
            del self.jwks_uri

    @property
    def values(self) -> dict[str, Any]:
        """The application's own columns."""
        of_server = {}
        if "jwks_uri" in self:
            jwks_uri = self.jwks_uri.data or None
            method = Authentication.PRIVATE_KEY_JWT if jwks_uri else Authentication.SECRET
            of_server = {"require_pkce": self.require_pkce.data, "jwks_uri": jwks_uri, "authentication": method}
        return {
            "name": self.name.data,
            "start_url": self.start_url.data or None,
            "backchannel_logout_uri": self.backchannel_logout_uri.data or None,
            "initiate_login_uri": self.initiate_login_uri.data or None,
            "id_token_signed_response_alg": self.id_token_signed_response_alg.data,
            "allow_offline_access": self.allow_offline_access.data,
            **of_server,
        }


class IconForm(Form):
    icon = FileField(_l("Icon"))
    encoded: Picture | None = None

    def validate_icon(self, field: Field) -> None:
        if not field.data:
            raise ValidationError(_("Choose a file."))
        self.encoded = reencode(field.data.read(LARGEST_BYTES + 1))
        if self.encoded is None:
            raise ValidationError(_("We can’t read this file. Choose a PNG, JPEG, WebP or GIF of up to 4 MB."))


class AccessForm(Form):
    """Who may sign in to an application."""

    access = RadioField(
        _l("Who can sign in"),
        choices=[
            SelectChoice(EVERYONE, _l("Everyone in your company")),
            SelectChoice(BY_ROLE, _l("Only people with one of these roles")),
        ],
    )
    allowed_roles = CheckboxesField(_l("Roles"))

    def __init__(self, application: Application, **options: Any) -> None:
        allowed = application.allowed_roles
        super().__init__(data={"access": BY_ROLE if allowed else EVERYONE, "allowed_roles": allowed}, **options)
        self.allowed_roles.choices = [SelectChoice(role.value, role.name) for role in application.roles]

    def validate_allowed_roles(self, field: Field) -> None:
        if self.access.data == BY_ROLE and not field.data:
            raise ValidationError(_("Select at least one role. Without one, no one could sign in."))

    @property
    def roles(self) -> list[str]:
        return list(self.allowed_roles.data or []) if self.access.data == BY_ROLE else []


class EnabledForm(Form):
    """The button that enables an application or disables it, which asks for confirmation."""

    enabled = YesField()
    confirmed = YesField()


class ConfirmForm(Form):
    confirmed = YesField()
