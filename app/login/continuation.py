"""Where a sign-in leads if it continues outside of Portico: an application may have asked for it."""

from collections.abc import Callable
from uuid import UUID

from flask import Flask, current_app

from app.http.headers import allow_form_target

Resolver = Callable[[str], str | None]
StartPage = Callable[[UUID, UUID], str | None]


def register(app: Flask, resolve: Resolver, start_page: StartPage) -> None:
    """`resolve` tells the origin of the application to which a path of ours redirects in the end; None if to none.
    `start_page` gives the path at which a member of a company starts; None if at their account.
    """
    app.extensions["login_continuation"] = resolve
    app.extensions["login_start_page"] = start_page


def start_page(company_id: UUID, person_id: UUID) -> str | None:
    """Where a member starts who asked for no page."""
    find: StartPage = current_app.extensions["login_start_page"]
    return find(company_id, person_id)


def allow(next_path: str) -> None:
    """Lets the forms of this page end at the application to which the sign-in continues. Chromium applies a page's
    `form-action` to every redirect that follows its form.
    """
    resolve: Resolver = current_app.extensions["login_continuation"]
    if origin := resolve(next_path):
        allow_form_target(origin)
