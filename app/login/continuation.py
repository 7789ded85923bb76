"""Where a sign-in leads if it continues outside of Portico: an application may have asked for it."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from flask import Flask, current_app

from app.http import languages
from app.http.headers import allow_form_target


@dataclass(frozen=True)
class Continuation:
    """What an application wants of a sign-in."""

    origin: str = ""
    """Where the browser goes in the end."""
    prompt: str | None = None
    """OpenID Connect's `prompt` for the directory."""
    login_hint: str | None = None
    """Who is expected to sign in."""
    languages: tuple[str, ...] = ()
    """OpenID Connect's `ui_locales`."""


NONE = Continuation()
Resolver = Callable[[str], Continuation]
StartPage = Callable[[UUID, UUID], str | None]


def register(app: Flask, resolve: Resolver, start_page: StartPage) -> None:
    """`resolve` tells what continues at a path of ours; `NONE` if nothing does. `start_page` gives the path at which a
    member of a company starts; None if at their account.
    """
    app.extensions["login_continuation"] = resolve
    app.extensions["login_start_page"] = start_page


def start_page(company_id: UUID, person_id: UUID) -> str | None:
    """Where a member starts who asked for no page."""
    find: StartPage = current_app.extensions["login_start_page"]
    return find(company_id, person_id)


def at(next_path: str) -> Continuation:
    resolve: Resolver = current_app.extensions["login_continuation"]
    return resolve(next_path)


def allow(next_path: str) -> Continuation:
    """The same, for a page with forms, which then may end at the application: Chromium applies a page's `form-action`
    to every redirect that follows its form.
    """
    found = at(next_path)
    if found.languages:
        languages.note(requested=found.languages)
    if found.origin:
        allow_form_target(found.origin)
    return found
