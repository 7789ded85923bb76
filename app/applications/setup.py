"""Connects the package to the application; called once at the start."""

from flask import Flask

from app.applications.launchpad import start_page
from app.applications.provider import continuation as provider_continuation
from app.applications.provider import cors
from app.applications.signing_keys import key_ring
from app.login import continuation


def init_app(app: Flask) -> None:
    key_ring.init_app(app)
    cors.init_app(app)
    continuation.register(app, provider_continuation.continuation_at, start_page.path)
