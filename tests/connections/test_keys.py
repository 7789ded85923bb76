"""An encryption key that was removed too early is named at boot."""

import pytest
from pydantic import SecretStr

from app import create_app
from app.connections.keys import check_keys
from app.sealing import key_of
from app.settings import Settings, SettingsError, new_key
from tests.cast import Cast
from tests.connections.admin import contosos


def test_a_key_that_stored_secrets_need_is_named_when_it_is_gone(cast: Cast, settings: Settings) -> None:
    admin = contosos(cast, cast.visitor())
    with cast.app.app_context():
        name = key_of(admin.draft().credentials[0].secret_sealed or "")
    without = create_app(settings.model_copy(update={"encryption_keys": (SecretStr(new_key()),)}))
    with pytest.raises(SettingsError, match=f"ENCRYPTION_KEYS: lacks {name}"):
        check_keys(without)


def test_with_the_old_key_behind_the_new_one_all_is_well(cast: Cast, settings: Settings) -> None:
    keys = (SecretStr(new_key()), *settings.encryption_keys)
    check_keys(create_app(settings.model_copy(update={"encryption_keys": keys})))
    assert cast.contoso_connection
