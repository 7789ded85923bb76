"""What a company's people would see with a branding that may not be saved yet."""

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from flask import abort
from werkzeug.wrappers import Response

from app.companies.branding.images import EncodedImage
from app.companies.models import Company
from app.core.branding import Branding
from app.core.translation import lazy_gettext as _l
from app.http import page_company
from app.http.errors import new_reference
from app.login import errors
from app.login.browser_binding import refusal_page
from app.login.page import queries
from app.login.page.views import render_login_page


@dataclass(frozen=True)
class Look:
    """A company as it would be shown."""

    company: Company
    branding: Branding

    @property
    def name(self) -> str:
        return self.branding.shown_name(self.company.name)


@dataclass(frozen=True)
class View:
    """A tab of the preview."""

    label: Any
    render: Callable[[Look], Response]


def render(view: str, look: Look, images: Iterable[EncodedImage]) -> Response:
    """The page of a tab; `images` are those that aren't stored yet."""
    unsaved = {one.hash: f"data:{one.mime_type};base64,{base64.b64encode(one.content).decode()}" for one in images}
    page_company.preview(look.name, look.branding, unsaved)
    return VIEWS[view].render(look)


def _login_page(look: Look) -> Response:
    login_page = queries.main_login_page(look.company.id)
    if login_page is None:
        abort(404)
    return render_login_page(replace(login_page, company_name=look.name, branding=look.branding), "/", still=True)


def _refusal(look: Look) -> Response:
    return refusal_page(errors.NOT_INVITED, new_reference(), company_name=look.name, still=True)


VIEWS = {
    "login": View(_l("Login page"), _login_page),
    "phone": View(_l("Phone"), _login_page),
    "refusal": View(_l("Refusal"), _refusal),
}
"""In the order in which they are offered."""
