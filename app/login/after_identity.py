"""What a package further up does with each Microsoft identity that signs in: provisioning gives it its roles."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from flask import Flask, current_app

from app.connections.connection_config import ConnectionConfig
from app.login.microsoft.identity import Memberships, VerifiedIdentity


@dataclass(frozen=True)
class IdentityHandler:
    read: Callable[[ConnectionConfig, VerifiedIdentity], Memberships | None]
    """What the directory says about the person; outside of a unit of work, as it may ask Microsoft. None: no one here
    needs to know. Raises SignInRefused.
    """
    keep: Callable[[ConnectionConfig, VerifiedIdentity, Memberships], None]
    """Keeps it for an identity that waits until an account is linked; inside a unit of work."""
    apply: Callable[[ConnectionConfig, VerifiedIdentity, Memberships | None, UUID], str | None]
    """Applies it to the person, in the sign-in's unit of work, or what was kept if there is none. Returns the person's
    role if it changed.
    """

    keep_token: Callable[[ConnectionConfig, UUID, UUID, str], None]
    """Keeps the refresh token of a person's new session; inside the sign-in's unit of work."""


def register(app: Flask, handler: IdentityHandler) -> None:
    app.extensions["identity_handler"] = handler


def handler() -> IdentityHandler:
    registered: IdentityHandler = current_app.extensions["identity_handler"]
    return registered
