"""An encryption key that was removed too early is named at boot."""

import pytest
from pydantic import SecretStr

from app import create_app
from app.connections.encryption_key_check import check_keys
from app.core.database import db
from app.core.encryption import key_name_of
from app.settings import Settings, SettingsError, new_key
from tests.cast import Cast
from tests.connections.admin import contoso_admin


def test_missing_encryption_key_is_named_at_startup(cast: Cast, settings: Settings) -> None:
    admin = contoso_admin(cast, cast.browser())
    with cast.app.app_context():
        name = key_name_of(admin.draft().credentials[0].secret_sealed or "")
    with pytest.raises(SettingsError, match=f"ENCRYPTION_KEYS: is missing {name}"):
        _boot(settings, new_key())


def test_old_key_after_new_key_passes(cast: Cast, settings: Settings) -> None:
    assert cast.contoso_connection
    _boot(settings, new_key(), *(key.get_secret_value() for key in settings.encryption_keys))


def _boot(settings: Settings, *keys: str) -> None:
    """A process that starts with these keys, and ends."""
    app = create_app(settings.model_copy(update={"encryption_keys": tuple(SecretStr(key) for key in keys)}))
    try:
        check_keys(app)
    finally:
        with app.app_context():
            db.engine.dispose()
