"""The schema of a companies file. Unknown keys are errors that name their place."""

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from app.cli.companies_file.application_schema import ApplicationPart, ClientId, RoleValue
from app.cli.companies_file.branding import FOLDER, BrandingPart
from app.cli.companies_file.parts import (
    DEFAULT_LANGUAGE,
    Address,
    AppRoleValue,
    Code,
    DomainName,
    Guid,
    Line,
    Lines,
    Notes,
    Part,
)
from app.companies.models import PasswordSignIn
from app.connections.models import DEFAULT_BUTTON_LABEL
from app.core import strict_json
from app.core.translation import gettext as _
from app.people.models import Role
from app.validation_errors import message

POSITION = re.compile(r"\((?:at )?([^()]*)\)$")


class FileError(Exception):
    """The errors in a file, one line each, with their place."""


class PersonPart(Part):
    email: Address
    name: Line
    role: Literal["owner", "admin", "member"] = "member"
    password_env: str | None = None
    password: str | None = None
    application_roles: dict[ClientId, list[RoleValue]] = Field(default_factory=dict)
    """The values of the person's roles in each application, by its client id."""

    @model_validator(mode="after")
    def one_password(self) -> "PersonPart":
        if self.password_env and self.password:
            raise ValueError(_("set either password_env or password, not both"))
        return self


class ConnectionPart(Part):
    title: Line
    tenant: Guid
    client_id: Guid
    client_secret_env: str | None = None
    client_secret: str | None = None
    secret_expires: date | None = None
    flow: Literal["server", "spa"] = "server"
    enabled: bool = True
    create_people: bool = True
    allow_guests: bool = False
    button_label: Lines = Field(default_factory=lambda: {DEFAULT_LANGUAGE: DEFAULT_BUTTON_LABEL})

    @model_validator(mode="after")
    def one_secret(self) -> "ConnectionPart":
        if self.client_secret_env and self.client_secret:
            raise ValueError(_("set either client_secret_env or client_secret, not both"))
        return self


class CrmPart(Part):
    """A user name and password with which an earlier product read Dynamics 365, to be replaced by an admin."""

    environment: Line
    user_name: Line
    password_env: str | None = None
    password: str | None = None

    @model_validator(mode="after")
    def one_password(self) -> "CrmPart":
        if bool(self.password_env) == bool(self.password):
            raise ValueError(_("set either password_env or password"))
        return self


class LoginPagePart(Part):
    """An additional login page, for a location."""

    code: Code
    location: Line
    note: Notes = Field(default_factory=lambda: {DEFAULT_LANGUAGE: ""})


class RoleMappingPart(Part):
    """A group or an app role of a connection's directory, and the role that it gives."""

    connection: Line
    """Its title."""
    group: Guid | None = None
    name: Line | None = None
    """Of the group."""
    app_role: AppRoleValue | None = None
    application: ClientId | None = None
    """None: Portico itself."""
    role: RoleValue

    @model_validator(mode="after")
    def is_whole(self) -> "RoleMappingPart":
        if bool(self.group) == bool(self.app_role):
            raise ValueError(_("set either group or app_role"))
        if bool(self.group) != bool(self.name):
            raise ValueError(_("set name with group, and only with it"))
        if self.application is None and self.role != Role.ADMIN:
            raise ValueError(_("without an application, the role must be admin"))
        return self


class CompanyPart(Part):
    code: Code
    name: Line
    note: Notes = Field(default_factory=lambda: {DEFAULT_LANGUAGE: ""})
    active: bool = True
    password_sign_in: PasswordSignIn = PasswordSignIn.EVERYONE
    login_pages: list[LoginPagePart] = Field(default_factory=list)
    branding: BrandingPart | None = None
    domains: list[DomainName] = Field(default_factory=list)
    """Added, not proven: that needs their records."""
    people: list[PersonPart] = Field(default_factory=list)
    connections: list[ConnectionPart] = Field(default_factory=list)
    crm: CrmPart | None = None
    role_mappings: list[RoleMappingPart] = Field(default_factory=list)


class CompaniesFile(Part):
    companies: list[CompanyPart]
    applications: list[ApplicationPart] = Field(default_factory=list)


def load(path: Path) -> CompaniesFile:
    """Reads a JSON or TOML file.

    Raises FileError.
    """
    try:
        text = path.read_text("utf-8-sig")
        content: Any = tomllib.loads(text) if path.suffix == ".toml" else strict_json.read(text)
    except RecursionError:
        raise FileError(_("%(file)s: is nested too deeply", file=path.name)) from None
    except OSError:
        raise FileError(_("%(file)s: can’t be read", file=path.name)) from None
    except UnicodeError:
        raise FileError(_("%(file)s: isn’t UTF-8", file=path.name)) from None
    except tomllib.TOMLDecodeError as error:
        place = POSITION.search(str(error))
        where = f"{path.name} ({place[1]})" if place else path.name
        raise FileError(_("%(file)s: isn’t valid TOML", file=where)) from None
    except strict_json.InvalidJson as error:
        reason = error.reason.replace("_", " ")
        raise FileError(_("%(file)s: isn’t valid JSON (%(reason)s)", file=path.name, reason=reason)) from None
    try:
        return CompaniesFile.model_validate(content, context={FOLDER: path.parent})
    except ValidationError as error:
        raise FileError("\n".join(_line(fault) for fault in error.errors())) from None


def _line(fault: Any) -> str:
    # A text alone has no key, and pydantic marks an invalid one.
    steps = [step for step in fault["loc"] if step not in (DEFAULT_LANGUAGE, "[key]")]
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).lstrip(".")
    return f"{place or _('the file')}: {message(fault)}"
