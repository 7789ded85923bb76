"""What a company's people would see with a branding that may not be saved yet."""

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from flask import abort
from werkzeug.wrappers import Response

from app.companies import queries as companies
from app.companies.branding.email_look import look_of
from app.companies.branding.images import EncodedImage
from app.companies.models import Company
from app.core.branding import Branding
from app.core.email_rendering import render_email
from app.core.text import isolate
from app.core.translation import in_language
from app.core.translation import lazy_gettext as _l
from app.http import page_company
from app.http.current import current
from app.http.errors import new_reference
from app.http.headers import show_email
from app.http.page_company import PageCompany
from app.login import errors
from app.login.browser_binding import refusal_page
from app.login.page import queries
from app.login.page.views import render_login_page


@dataclass(frozen=True)
class View:
    """A tab of the preview."""

    label: Any
    render: Callable[[Company, PageCompany], Response]


def render(view: str, company: Company, branding: Branding, unsaved: Iterable[EncodedImage] = ()) -> Response:
    """The page of a tab, in the company's default language; `unsaved` are images that aren't stored yet."""
    urls = {one.hash: f"data:{one.mime_type};base64,{base64.b64encode(one.content).decode()}" for one in unsaved}
    shown = PageCompany(branding.shown_name(company.name), branding, urls)
    page_company.preview(shown)
    with in_language(company.language):
        return VIEWS[view].render(company, shown)


def _login_page(company: Company, shown: PageCompany) -> Response:
    login_page = queries.main_login_page(company.id)
    if login_page is None:
        abort(404)
    return render_login_page(replace(login_page, company_name=shown.name, branding=shown.branding), "/", still=True)


def _refusal(_company: Company, shown: PageCompany) -> Response:
    return refusal_page(errors.NOT_INVITED, new_reference(), company_name=shown.name, still=True)


def _email(company: Company, shown: PageCompany) -> Response:
    look = look_of(shown.name, shown.branding)
    if look.logo_hash:
        look = replace(look, logo_url=shown.image_url(look.logo_hash))
    email = render_email(
        _l("Reset your password for %(company_name)s", company_name=isolate(shown.name)),
        "email/reset.txt",
        look,
        name=current().name,
        code=companies.main_code(company.id),
        key="preview",
    )
    show_email()
    return Response(email.html, mimetype="text/html")


VIEWS = {
    "login": View(_l("Login page"), _login_page),
    "phone": View(_l("Phone"), _login_page),
    "refusal": View(_l("Refusal"), _refusal),
    "email": View(_l("Email"), _email),
}
"""In the order in which they are offered."""
