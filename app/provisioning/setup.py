"""Connects the package to the application; called once at the start."""

from app.provisioning.scim import errors


def init_app() -> None:
    errors.init_app()
