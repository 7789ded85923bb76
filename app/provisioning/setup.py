"""Connects the package to the application; called once at the start."""

from flask import Flask

from app.login import after_identity
from app.login.after_identity import IdentityHandler
from app.provisioning.roles import reading, sync


def init_app(app: Flask) -> None:
    after_identity.register(app, IdentityHandler(read=reading.read, keep=sync.keep, apply=sync.apply))
