"""The schema of a companies file. Unknown keys are errors that name their place."""

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from app.companies import codes
from app.companies.models import PasswordSignIn
from app.connections.models import DEFAULT_BUTTON_LABEL
from app.core import strict_json
from app.core.email_address import InvalidEmail, parse_email
from app.core.text import sanitize_lines, sanitize_name
from app.core.translation import gettext as _
from app.validation_errors import message

POSITION = re.compile(r"\((?:at )?([^()]*)\)$")


class FileError(Exception):
    """The errors in a file, one line each, with their place."""


def _code(value: str) -> str:
    value = codes.normal(value)
    if fault := codes.fault(value):
        raise ValueError(fault)
    return value


def _address(value: str) -> str:
    try:
        return parse_email(value)
    except InvalidEmail as error:
        raise ValueError(_("must be an email address: %(fault)s", fault=error)) from None


def _line_of_text(value: str) -> str:
    text = sanitize_name(value)
    if text is None:
        raise ValueError(_("must not be empty"))
    return text


def _guid(value: str) -> str:
    try:
        return str(UUID(value.strip()))
    except ValueError:
        raise ValueError(_("must be a GUID (not common, organizations or consumers)")) from None


Code = Annotated[str, AfterValidator(_code)]
Address = Annotated[str, AfterValidator(_address)]
Guid = Annotated[str, AfterValidator(_guid)]
Line = Annotated[str, AfterValidator(_line_of_text), StringConstraints(max_length=100)]
Note = Annotated[str, AfterValidator(sanitize_lines), StringConstraints(max_length=500)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class PersonPart(_Part):
    email: Address
    name: Line
    role: Literal["owner", "admin", "member"] = "member"
    password_env: str | None = None
    password: str | None = None

    @model_validator(mode="after")
    def one_password(self) -> "PersonPart":
        if self.password_env and self.password:
            raise ValueError(_("set either password_env or password, not both"))
        return self


class ConnectionPart(_Part):
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
    button_label: Line = DEFAULT_BUTTON_LABEL

    @model_validator(mode="after")
    def one_secret(self) -> "ConnectionPart":
        if self.client_secret_env and self.client_secret:
            raise ValueError(_("set either client_secret_env or client_secret, not both"))
        return self


class CrmPart(_Part):
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


class LoginPagePart(_Part):
    """An additional login page, for a location."""

    code: Code
    location: Line
    note: Note = ""


class CompanyPart(_Part):
    code: Code
    name: Line
    note: Note = ""
    active: bool = True
    password_sign_in: PasswordSignIn = PasswordSignIn.EVERYONE
    login_pages: list[LoginPagePart] = Field(default_factory=list)
    people: list[PersonPart] = Field(default_factory=list)
    connections: list[ConnectionPart] = Field(default_factory=list)
    crm: CrmPart | None = None


class CompaniesFile(_Part):
    companies: list[CompanyPart]


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
        return CompaniesFile.model_validate(content)
    except ValidationError as error:
        raise FileError("\n".join(_line(fault) for fault in error.errors())) from None


def _line(fault: Any) -> str:
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in fault["loc"]).lstrip(".")
    return f"{place or _('the file')}: {message(fault)}"
