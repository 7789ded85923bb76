"""The part of a companies file that describes an application."""

import re
from typing import Annotated, Any, Literal
from uuid import UUID

import jwt
from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo, field_validator, model_validator

from app.applications import uris
from app.applications.client_keys import usable
from app.applications.models import AssignedBy, Authentication, IdTokenAlgorithm, SubjectType
from app.applications.provider.claims import SUPPORTED
from app.applications.roles.values import MOST_ROLES, ROLE_VALUE
from app.cli.companies_file.parts import Code, Line, Part
from app.core.translation import gettext as _

CLIENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{2,63}")
SHORTEST_SECRET = 32
WITHOUT_SECRET = ("public", "forward-auth")


def _client_id(value: str) -> str:
    if not CLIENT_ID.fullmatch(value):
        raise ValueError(_("must have 3 to 64 letters, digits, dots, hyphens or underscores"))
    if _is_uuid(value) or value in SUPPORTED:
        raise ValueError(_("must not look like a person’s id"))
    return value


def _is_uuid(value: str) -> bool:
    try:
        return bool(UUID(value))
    except ValueError:
        return False


def _uri(value: str) -> str:
    if fault := uris.fault(value):
        raise ValueError(_("%(value)s: %(fault)s", value=repr(value[:100]), fault=fault))
    return value


def _origin(value: str) -> str:
    if fault := uris.origin_fault(value):
        raise ValueError(_("%(value)s: %(fault)s", value=repr(value[:100]), fault=fault))
    return value


def _role_value(value: str) -> str:
    if not ROLE_VALUE.fullmatch(value):
        raise ValueError(_("must have 1 to 64 letters, digits or . _ : / -"))
    return value


def _public_keys(value: dict[str, Any]) -> dict[str, Any]:
    try:
        keys = [jwt.PyJWK(key) for key in value["keys"]]
        is_private = any({"d", "k"} & key.keys() for key in value["keys"])
    except (jwt.PyJWTError, KeyError, TypeError, AttributeError, ValueError):
        raise ValueError(_('must be a JWK set: {"keys": [...]}')) from None
    if not keys or is_private:
        raise ValueError(_("must have public keys only"))
    if not usable(value):
        raise ValueError(_("must have a key for RS256, PS256 or ES256 (RSA of 2048 bits or more, or P-256)"))
    return value


Uri = Annotated[str, AfterValidator(_uri)]
RoleValue = Annotated[str, AfterValidator(_role_value)]
ClientId = Annotated[str, AfterValidator(_client_id)]


class RolePart(Part):
    value: RoleValue
    name: Line
    assigned_by: AssignedBy = AssignedBy.COMPANY


class ResourcePart(Part):
    """A resource indicator, and the client ids of other applications that may ask for it."""

    uri: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9+.-]*:[\x21\x22\x24-\x7e]{1,500}$")]
    clients: list[ClientId] = Field(default_factory=list)


class ApplicationPart(Part):
    name: Line
    client_id: ClientId
    kind: Literal["server", "public", "forward-auth"] = "server"
    authentication: Authentication | None = None
    require_pkce: bool = True
    jwks: Annotated[dict[str, Any], AfterValidator(_public_keys)] | None = None
    jwks_uri: Uri | None = None
    redirect_uris: Annotated[list[Uri], Field(validate_default=True)] = Field(default_factory=list)
    post_logout_redirect_uris: list[Uri] = Field(default_factory=list)
    backchannel_logout_uri: Uri | None = None
    cors_origins: list[Annotated[str, AfterValidator(_origin)]] = Field(default_factory=list)
    start_url: Uri | None = None
    initiate_login_uri: Uri | None = None
    subject_type: SubjectType = SubjectType.PUBLIC
    id_token_signed_response_alg: IdTokenAlgorithm = IdTokenAlgorithm.RS256
    resources: list[ResourcePart] = Field(default_factory=list)
    companies: Literal["all"] | list[Code] = "all"
    roles: Annotated[list[RolePart], Field(max_length=MOST_ROLES)] = Field(default_factory=list)
    allowed_roles: list[RoleValue] = Field(default_factory=list)
    offline_access: bool = False
    enabled: bool = True
    client_secret_env: str | None = None

    @property
    def method(self) -> Authentication:
        if self.authentication:
            return self.authentication
        if self.kind in WITHOUT_SECRET:
            return Authentication.NONE
        return Authentication.PRIVATE_KEY_JWT if self.jwks or self.jwks_uri else Authentication.SECRET

    @field_validator("redirect_uris")
    @classmethod
    def _some_or_none(cls, value: list[str], info: ValidationInfo) -> list[str]:
        is_forward_auth = info.data.get("kind") == "forward-auth"
        if is_forward_auth and value:
            raise ValueError(_("a forward-auth application has none; start_url says where it is"))
        if not is_forward_auth and not value:
            raise ValueError(_("must name at least one address"))
        return value

    def _check_forward_auth(self) -> None:
        if self.start_url is None:
            raise ValueError(_("a forward-auth application needs a start_url, whose host is the application’s"))
        unused = ("cors_origins", "resources", "offline_access", "backchannel_logout_uri")
        if given := [name for name in unused if getattr(self, name)]:
            raise ValueError(_("a forward-auth application has no %(name)s", name=given[0]))

    @model_validator(mode="after")
    def consistent(self) -> "ApplicationPart":
        if (self.kind in WITHOUT_SECRET) != (self.method is Authentication.NONE):
            raise ValueError(_("kinds public and forward-auth go with authentication none, and server with any other"))
        if self.kind == "forward-auth":
            self._check_forward_auth()
        if self.kind == "public" and not self.require_pkce:
            raise ValueError(_("a public application needs PKCE"))
        keys = [one for one in (self.jwks, self.jwks_uri) if one is not None]
        if len(keys) != (self.method is Authentication.PRIVATE_KEY_JWT):
            raise ValueError(_("authentication private_key_jwt goes with either jwks or jwks_uri"))
        if self.client_secret_env and self.method in (Authentication.NONE, Authentication.PRIVATE_KEY_JWT):
            raise ValueError(
                _("an application with authentication %(method)s has no client_secret_env", method=self.method)
            )
        if unknown := {*self.allowed_roles} - {role.value for role in self.roles}:
            raise ValueError(_("allowed_roles names %(role)s, which is not among the roles", role=min(unknown)))
        return self
