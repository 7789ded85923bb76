"""Where a sign-in leads if it continues outside of Portico: an application may have asked for it."""

from collections.abc import Callable

from flask import Flask, current_app

from app.http.headers import allow_form_target

Resolver = Callable[[str], str | None]


def register(app: Flask, resolve: Resolver) -> None:
    """`resolve` tells the origin of the application to which a path of ours redirects in the end; None if to none."""
    app.extensions["login_continuation"] = resolve


def allow(next_path: str) -> None:
    """Lets the forms of this page end at the application to which the sign-in continues. Chromium applies a page's
    `form-action` to every redirect that follows its form.
    """
    resolve: Resolver = current_app.extensions["login_continuation"]
    if origin := resolve(next_path):
        allow_form_target(origin)
