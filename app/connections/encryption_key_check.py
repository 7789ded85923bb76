"""Checks that ENCRYPTION_KEYS still contains every key that stored secrets need."""

import sqlalchemy.exc
from flask import Flask

from app.connections.queries import keys_in_use
from app.core.database import db, encryptor
from app.settings import SettingsError


def check_keys(app: Flask) -> None:
    """Ends the boot with SettingsError if a key was removed too early, naming it.

    A database that doesn't answer or is still empty doesn't prevent the start.
    """
    with app.app_context():
        try:
            missing = sorted(name for name in keys_in_use() if not encryptor().has_key(name))
        except sqlalchemy.exc.SQLAlchemyError:
            db.session.rollback()
            return
    if missing:
        names = ", ".join(missing)
        raise SettingsError(
            f"Portico can’t start:\nENCRYPTION_KEYS: is missing {names}, needed for stored secrets; add it after the "
            "newest"
        )
