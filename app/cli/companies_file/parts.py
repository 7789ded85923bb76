"""What the parts of a companies file are made of."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints

from app.companies import codes
from app.companies.domains.names import InvalidDomain, parse_domain
from app.core.email_address import InvalidEmail, parse_email
from app.core.text import sanitize_lines, sanitize_name
from app.core.translation import LANGUAGES
from app.core.translation import gettext as _

DEFAULT_LANGUAGE = ""


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


def _domain(value: str) -> str:
    try:
        return parse_domain(value)
    except InvalidDomain as error:
        raise ValueError(str(error)) from None


def _language(value: str) -> str:
    if value not in (*LANGUAGES, DEFAULT_LANGUAGE):
        raise ValueError(_("must be %(languages)s", languages=", ".join(LANGUAGES)))
    return value


def _by_language(value: object) -> object:
    if isinstance(value, str):
        return {DEFAULT_LANGUAGE: value}
    if not isinstance(value, dict) or DEFAULT_LANGUAGE in value:
        raise ValueError(_("must be text, or an object with a text for each language"))
    return value


APP_ROLE_VALUE = r"^[!-~]{1,256}$"
Code = Annotated[str, AfterValidator(_code)]
Address = Annotated[str, AfterValidator(_address)]
Guid = Annotated[str, AfterValidator(_guid)]
DomainName = Annotated[str, AfterValidator(_domain)]
Line = Annotated[str, AfterValidator(_line_of_text), StringConstraints(max_length=100)]
AppRoleValue = Annotated[str, StringConstraints(pattern=APP_ROLE_VALUE)]
Note = Annotated[str, AfterValidator(sanitize_lines), StringConstraints(max_length=500)]

Language = Annotated[str, AfterValidator(_language)]
Lines = Annotated[dict[Language, Line], BeforeValidator(_by_language)]
Notes = Annotated[dict[Language, Note], BeforeValidator(_by_language)]
"""Texts by language. A text alone is that in the company's default language, with the key `DEFAULT_LANGUAGE`."""


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
