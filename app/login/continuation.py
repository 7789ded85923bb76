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
    application_id: UUID | None = None
    """The application that asked for the sign-in."""


NONE = Continuation()


@dataclass(frozen=True)
class Launch:
    """An application that people of a company can open."""

    name: str
    path: str
    """The path of ours that opens it."""
    apps: str
    """That of the launchpad, which shows it among others."""


Resolver = Callable[[str], Continuation]
StartPage = Callable[[UUID, UUID], str | None]
Launcher = Callable[[UUID, UUID], Launch | None]


def register(app: Flask, resolve: Resolver, start_page: StartPage, launch: Launcher) -> None:
    """`resolve` tells what continues at a path of ours; `NONE` if nothing does. `start_page` gives the path at which a
    member of a company starts; None if at their account. `launch` finds an application of a company's by its id.
    """
    app.extensions["login_continuation"] = resolve
    app.extensions["login_start_page"] = start_page
    app.extensions["login_launch"] = launch


def start_page(company_id: UUID, person_id: UUID) -> str | None:
    """Where a member starts who asked for no page."""
    find: StartPage = current_app.extensions["login_start_page"]
    return find(company_id, person_id)


def launch(company_id: UUID, application_id: UUID | None) -> Launch | None:
    """How people of the company open this application; None if they can't, or if it is None."""
    find: Launcher = current_app.extensions["login_launch"]
    return find(company_id, application_id) if application_id else None


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
