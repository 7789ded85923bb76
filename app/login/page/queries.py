"""Queries for the login page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.companies.models import Company, LoginPage, PasswordSignIn
from app.connections.models import Connection, Draft, Flow, own_labels
from app.core.branding import Branding
from app.core.database import read
from app.core.localized_text import LocalizedText, by_language, choose
from app.core.logging import name_company
from app.core.translation import current_language
from app.entra_apps.models import ClientCredential, EntraApp
from app.http import languages, page_company


@dataclass(frozen=True)
class Button:
    connection_id: UUID
    public_id: str
    title: str
    label: LocalizedText | None
    """None: the product's own label, in the reader's language."""
    flow: str
    tenant: str
    client_id: str
    has_credential: bool
    """The server-side flow is possible, too."""


@dataclass(frozen=True)
class LoginPageView:
    """A login page with its company and its sign-in options."""

    company_id: UUID
    org_id: str
    """The company's public id."""
    company_name: str
    """As shown."""
    branding: Branding
    password_sign_in: str
    remember_days: int | None
    """For how many days people may stay signed in on a device; None if they may not."""
    deletes_at: datetime | None
    """When the company is deleted, which can sign in no members until then; None if it stays."""
    code: str
    location: str | None
    note: LocalizedText | None
    """In the language of the reader, else in the company's default language, else in any."""
    buttons: tuple[Button, ...]

    @property
    def only_button(self) -> Button | None:
        """The only sign-in option, if the page would add nothing but a click. A single-page sign-in needs that
        click.
        """
        if self.deletes_at or self.password_sign_in != PasswordSignIn.NO_ONE or len(self.buttons) != 1:
            return None
        return self.buttons[0] if self.buttons[0].flow == Flow.SERVER else None


LOGIN_PAGES: sa.Select[*tuple[Any, ...]] = (
    sa.select(
        Company.id.label("company_id"),
        Company.public_id.label("org_id"),
        Company.name.label("company_name"),
        Company.branding,
        Company.language,
        Company.password_sign_in,
        Company.remember_days,
        Company.deletes_at,
        LoginPage.code,
        LoginPage.location,
        LoginPage.note,
        LoginPage.note_translations,
        Connection.id.label("connection_id"),
        Draft.public_id,
        Connection.title,
        Connection.button_label,
        Connection.button_label_translations,
        Connection.flow,
        EntraApp.tenant,
        EntraApp.client_id,
        sa.exists().where(ClientCredential.entra_app_id == Connection.entra_app_id).label("has_credential"),
    )
    .join(Company, LoginPage.company_id == Company.id)
    .outerjoin(Connection, sa.and_(Connection.company_id == Company.id, Connection.is_enabled))
    .outerjoin(EntraApp, EntraApp.id == Connection.entra_app_id)
    .outerjoin(Draft, Draft.id == Connection.id)
    .where(Company.is_active)
    .order_by(Draft.position, Draft.id)
)
BY_LOGIN_CODE = LOGIN_PAGES.where(LoginPage.code == sa.bindparam("code"))
MAIN_LOGIN_PAGE = LOGIN_PAGES.where(LoginPage.company_id == sa.bindparam("company_id"), LoginPage.position == 0)


def by_login_code(code: str) -> LoginPageView | None:
    """The login page with this code, in one query; None if there is none or its company is deactivated."""
    return _login_page(BY_LOGIN_CODE, code=code)


def main_login_page(company_id: UUID) -> LoginPageView | None:
    """A company's main login page; None if the company is deactivated."""
    return _login_page(MAIN_LOGIN_PAGE, company_id=company_id)


def _login_page(query: sa.Select[*tuple[Any, ...]], **values: Any) -> LoginPageView | None:
    rows = read(query, values)
    if not rows:
        return None
    first = rows[0]
    name_company(first.company_id)
    languages.note(company=first.language)
    buttons = tuple(_button(row) for row in rows if row.connection_id is not None)
    own = {name: getattr(first, name) for name in LoginPageView.__dataclass_fields__ if name != "buttons"}
    own["company_name"] = first.branding.shown_name(first.company_name)
    own["note"] = chosen_note(by_language(first.note, first.language, first.note_translations), first.language)
    page_company.note(own["company_name"], first.branding)
    return LoginPageView(**own, buttons=buttons)


def chosen_note(notes: Mapping[str, str], default_language: str) -> LocalizedText | None:
    """The note for the reader: in their language, else in the company's default, else in any."""
    return choose(notes, current_language(), default_language, *notes)


def chosen_label(labels: Mapping[str, str], default_language: str) -> LocalizedText | None:
    """The same for a button's label. If it is in neither, the product's own is, which exists in every language."""
    return choose(labels, current_language(), default_language)


def _button(row: Any) -> Button:
    values = {name: getattr(row, name) for name in Button.__dataclass_fields__ if name != "label"}
    labels = own_labels(row.button_label, row.language, row.button_label_translations)
    return Button(**values, label=chosen_label(labels, row.language))
