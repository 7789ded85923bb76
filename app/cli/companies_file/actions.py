"""Applies a file that describes companies: creates and updates, never deletes."""

import os
from datetime import date
from typing import Any

from app.cli.companies_file import applications, branding, role_mappings
from app.cli.companies_file.parts import DEFAULT_LANGUAGE
from app.cli.companies_file.schema import CompaniesFile, CompanyPart, ConnectionPart, CrmPart, FileError, PersonPart
from app.companies import actions as companies
from app.companies import queries as company_queries
from app.companies.domains import actions as domains
from app.companies.models import Company
from app.connections import actions as connections
from app.connections import queries as connection_queries
from app.connections.models import DEFAULT_BUTTON_LABEL, Draft
from app.core.localized_text import split
from app.core.translation import gettext as _
from app.crm import actions as crm
from app.entra_apps.models import CredentialKind
from app.people import actions as people
from app.people import passwords
from app.people import queries as people_queries


def apply(file: CompaniesFile) -> list[str]:
    """Returns the changes, one line each; the caller's unit of work commits.

    Raises FileError if a secret's variable is not set, a password is rejected, or a login code is taken.
    """
    lines = [line for part in file.companies for line in _apply_company(part)]
    return lines + applications.apply(file) + role_mappings.apply(file)


def warnings(file: CompaniesFile) -> list[str]:
    """Warnings about secrets in plain text in the file."""
    lines = []
    for company in file.companies:
        if any(person.password for person in company.people):
            lines.append(
                _("%(code)s: the file contains a password in plain text; password_env is safer", code=company.code)
            )
        if company.crm and company.crm.password:
            text = _(
                "%(code)s: the file contains the CRM’s password in plain text; password_env is safer", code=company.code
            )
            lines.append(text)
        if any(connection.client_secret for connection in company.connections):
            text = _(
                "%(code)s: the file contains a client secret in plain text; client_secret_env is safer",
                code=company.code,
            )
            lines.append(text)
    return lines


def _created(place: str) -> str:
    return _("%(place)s: created", place=place)


def _updated(place: str, changed: list[str]) -> list[str]:
    return [_("%(place)s: updated %(changed)s", place=place, changed=", ".join(changed))] if changed else []


def _apply_company(part: CompanyPart) -> list[str]:
    company = company_queries.by_main_code(part.code)
    lines = []
    if company is None:
        if not company_queries.code_is_free(None, part.code):
            raise FileError(
                _(
                    "%(code)s: the login code is or was another login page’s, so it can’t be a new company’s",
                    code=part.code,
                )
            )
        company = companies.create(part.name, part.code)
        lines.append(_created(part.code))
    changed = companies.change(company, name=part.name, is_active=part.active, password_sign_in=part.password_sign_in)
    changed += _apply_login_pages(part, company)
    if part.branding:
        changed += branding.apply(company, part.branding)
    lines += _updated(part.code, changed)
    lines += _apply_domains(part, company)
    for person in part.people:
        lines += _apply_person(part, company, person)
    for connection in part.connections:
        lines += _apply_connection(part, company, connection)
    if part.crm and _apply_crm(part, company, part.crm):
        text = _("%(code)s: stored the CRM’s user name and password until they are replaced", code=part.code)
        lines.append(text)
    return lines


def _apply_login_pages(part: CompanyPart, company: Company) -> list[str]:
    changed = []
    pages = {page.code: page for page in company.login_pages}
    wanted: list[tuple[str, str | None, dict[str, str]]] = [(part.code, None, part.note)]
    wanted += [(page.code, page.location, page.note) for page in part.login_pages]
    for code, location, notes in wanted:
        texts = _localized("note", notes, company.language)
        if code in pages:
            names = companies.change_login_page(pages[code], location=location, **texts)
            changed += [f"{code} {name}" for name in names]
        elif not company_queries.code_is_free(company.id, code):
            text = _("%(main)s: the login code %(code)s belongs to another company", main=part.code, code=code)
            raise FileError(text)
        else:
            companies.add_login_page(company, code=code, location=location, **texts)
            changed.append(_("%(name)s created", name=code))
    return changed


def _localized(name: str, texts: dict[str, str], language: str, default: str = "") -> dict[str, Any]:
    """The columns of a text with this name: the text in the company's language, and its translations, which a text
    alone leaves as they are.
    """
    if DEFAULT_LANGUAGE in texts:
        return {name: texts[DEFAULT_LANGUAGE]}
    text, translations = split(texts, language)
    return {name: text or default, f"{name}_translations": translations}


def _apply_domains(part: CompanyPart, company: Company) -> list[str]:
    added = [domain for domain, is_new in (domains.add(company.id, name) for name in part.domains) if is_new]
    return [
        _("%(place)s: created; its record is %(record)s", place=f"{part.code}: {one.shown_name}", record=one.record)
        for one in added
    ]


def _apply_person(part: CompanyPart, company: Company, wanted: PersonPart) -> list[str]:
    where = f"{part.code}: {wanted.email}"
    password = _secret(wanted.password_env, wanted.password, where)
    if password is not None and (fault := passwords.fault(password)):
        raise FileError(_("%(place)s: password: %(fault)s", place=where, fault=fault))
    person = people_queries.by_sign_in_email(company.id, wanted.email)
    if person is None:
        people.make(company.id, email=wanted.email, name=wanted.name, role=wanted.role, password=password)
        return [_created(where)]
    changed = people.change(person, password=password, name=wanted.name, role=wanted.role)
    return _updated(where, changed)


def _apply_connection(part: CompanyPart, company: Company, wanted: ConnectionPart) -> list[str]:
    """An operator's file needs no test sign-in: its connections are active at once."""
    where = f"{part.code}: {wanted.title}"
    client_secret = _secret(wanted.client_secret_env, wanted.client_secret, where)
    values: dict[str, Any] = {
        "tenant": wanted.tenant,
        "client_id": wanted.client_id,
        "flow": wanted.flow,
        "create_people": wanted.create_people,
        "allow_guests": wanted.allow_guests,
        **_localized("button_label", wanted.button_label, company.language, default=DEFAULT_BUTTON_LABEL),
    }
    draft = connection_queries.draft_by_title(company.id, wanted.title)
    made = draft is None
    if draft is None:
        draft = connections.make(company.id, title=wanted.title, **values)
    changed = connections.change(draft, **values)
    if client_secret is not None and not _has_secret(draft, client_secret, wanted.secret_expires):
        connections.add_secret(draft, client_secret, wanted.secret_expires)
        changed.append("client_secret")
    if draft.connection is not None and draft.connection.is_enabled != wanted.enabled:
        changed.append("enabled")
    if made or changed:
        connections.activate(draft, is_enabled=wanted.enabled)
    if made:
        return [_created(where)]
    return _updated(where, changed)


def _apply_crm(part: CompanyPart, company: Company, wanted: CrmPart) -> bool:
    """Only if nothing is connected: an admin's connection takes precedence."""
    password = _secret(wanted.password_env, wanted.password, f"{part.code}: crm")
    return crm.store_legacy_credentials(
        company.id, environment=wanted.environment, user_name=wanted.user_name, password=password or ""
    )


def _has_secret(draft: Draft, value: str, expires: date | None) -> bool:
    return any(
        credential.secret == value and credential.expires == expires
        for credential in draft.credentials
        if credential.kind == CredentialKind.SECRET
    )


def _secret(variable: str | None, given: str | None, where: str) -> str | None:
    if variable is None:
        return given
    value = os.environ.get(variable)
    if not value:
        text = _("%(place)s: the environment variable %(name)s is not set", place=where, name=variable)
        raise FileError(text)
    return value
