"""Where a sign-in leads if it continues outside of Portico: an application may have asked for it."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, current_app

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


NONE = Continuation()
Resolver = Callable[[str], Continuation]


def register(app: Flask, resolve: Resolver) -> None:
    """`resolve` tells what continues at a path of ours; `NONE` if nothing does."""
    app.extensions["login_continuation"] = resolve


def at(next_path: str) -> Continuation:
    resolve: Resolver = current_app.extensions["login_continuation"]
    return resolve(next_path)


def allow(next_path: str) -> Continuation:
    """The same, for a page with forms, which then may end at the application: Chromium applies a page's `form-action`
    to every redirect that follows its form.
    """
    found = at(next_path)
    if found.origin:
        allow_form_target(found.origin)
    return found
