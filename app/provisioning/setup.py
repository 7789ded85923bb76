"""Connects the package to the application; called once at the start."""

from flask import Flask

from app.login import after_identity
from app.login.after_identity import IdentityHandler
from app.provisioning.leavers import actions as leavers
from app.provisioning.roles import reading, sync
from app.provisioning.scim import errors


def init_app(app: Flask) -> None:
    handler = IdentityHandler(read=reading.read, keep=sync.keep, apply=sync.apply, keep_token=leavers.keep)
    after_identity.register(app, handler)
    errors.init_app()
