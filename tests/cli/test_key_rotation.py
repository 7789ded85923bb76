"""`flask keys rotate`: every secret gets the newest key, even during concurrent writes."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from app.cli import key_rotation
from app.connections.models import Draft
from app.core.database import db, encrypted_columns, encryptor
from app.core.encryption import Encryptor, key_name_of
from app.core.unit_of_work import unit_of_work
from app.entra_apps.models import ClientCredential, CredentialKind
from app.settings import ROOT, Settings, new_key
from tests.cast import BOB, Cast
from tests.directory import FABRIKAM

MANY = 10_000


@pytest.fixture
def put_new_key(cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Encryptor]:
    """Adds a new key before the current one, as an operator would."""

    def put() -> Encryptor:
        held = Encryptor([new_key(), *(key.get_secret_value() for key in settings.encryption_keys)])
        monkeypatch.setitem(cast.app.extensions, "encryptor", held)
        return held

    return put


def keys_in_use(app: Flask) -> set[str]:
    with app.app_context():
        encrypted = db.session.scalars(sa.select(ClientCredential.secret_sealed))
        return {key_name_of(text) for text in encrypted if text is not None}


def add_secrets(app: Flask, number: int) -> None:
    with app.app_context(), unit_of_work():
        draft = db.session.scalars(sa.select(Draft).where(Draft.tenant == FABRIKAM)).one()
        db.session.add_all(
            ClientCredential(entra_app_id=draft.entra_app_id, kind=CredentialKind.SECRET, secret=f"secret {place}")
            for place in range(number)
        )


def test_every_encrypted_column_is_known(app: Flask) -> None:
    encrypted = {
        f"{table.name}.{column.name}"
        for table in db.metadata.sorted_tables
        for column in table.columns
        if column.name.endswith("_sealed")
    }
    assert {str(column) for column in encrypted_columns()} == encrypted


def test_the_command_knows_them_in_a_process_of_its_own(tmp_path: Path) -> None:
    """It starts without the pages, and so without the tables that these import."""
    database = f"sqlite:///{tmp_path / 'portico.db'}"
    environment = {"PATH": os.environ["PATH"], "MICROSOFT_CLOUD": "sandbox", "DATABASE_URL": database}
    environment |= {"SECRET_KEY": new_key(), "ENCRYPTION_KEYS": new_key()}

    def flask(*arguments: str) -> str:
        command = [sys.executable, "-m", "flask", *arguments]
        done = subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True, text=True)
        return done.stdout

    flask("db", "upgrade")
    flask("applications", "create", "Example", "--redirect-uri", "https://app.example/callback")
    environment["ENCRYPTION_KEYS"] = f"{new_key()},{environment['ENCRYPTION_KEYS']}"
    assert "signing_key.private_key: 2 re-encrypted" in flask("keys", "rotate")


def test_rotation_of_ten_thousand_secrets_during_sign_ins(cast: Cast, put_new_key: Callable[[], Encryptor]) -> None:
    add_secrets(cast.app, MANY)
    newest = put_new_key().newest
    passed_over: list[int] = []

    def rotate() -> None:
        with cast.app.app_context():
            passed_over.extend(progress.passed_over for progress in key_rotation.rotate())

    rotating = threading.Thread(target=rotate)
    rotating.start()
    signed_in = 0
    while rotating.is_alive() or signed_in == 0:
        assert cast.browser().sign_in_as(BOB, "contoso", cast.directory).status_code == 303
        signed_in += 1
    rotating.join()
    assert len(passed_over) >= MANY / key_rotation.BATCH
    assert set(passed_over) == {0}
    assert keys_in_use(cast.app) == {newest}
    with cast.app.app_context():
        query = sa.select(ClientCredential).join(Draft, Draft.entra_app_id == ClientCredential.entra_app_id)
        assert {one.secret for one in db.session.scalars(query)} == {f"secret {number}" for number in range(MANY)}


def test_interrupted_rotation_resumes(
    cast: Cast, put_new_key: Callable[[], Encryptor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_rotation, "BATCH", 5)
    add_secrets(cast.app, 20)
    newest = put_new_key().newest
    with cast.app.app_context():
        first = next(iter(key_rotation.rotate()))
        db.session.rollback()
    assert first.done == 5
    assert len(keys_in_use(cast.app)) == 2
    with cast.app.app_context():
        left = sum(progress.done for progress in key_rotation.rotate() if progress.column == "client_credential.secret")
        assert left
    assert keys_in_use(cast.app) == {newest}


def test_rotation_keeps_secret_saved_meanwhile(
    cast: Cast, put_new_key: Callable[[], Encryptor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An admin replaces a secret between its reading and its writing."""
    with cast.app.app_context():
        credential = db.session.scalars(sa.select(ClientCredential).limit(1)).one()
        db.session.rollback()
        changed, place = credential.id, f"client_credential.secret:{credential.id}"
    newer = put_new_key()
    opened = Encryptor.decrypt

    def change_and_open(self: Encryptor, encrypted: str, where: str) -> str:
        if where == place and key_name_of(encrypted) != self.newest:
            fresh = self.encrypt("what the admin saved", place)
            db.session.execute(
                sa.update(ClientCredential).where(ClientCredential.id == changed).values(secret_sealed=fresh)
            )
        return opened(self, encrypted, where)

    monkeypatch.setattr(Encryptor, "decrypt", change_and_open)
    with cast.app.app_context():
        assert max(progress.passed_over for progress in key_rotation.rotate()) == 1
        db.session.expire_all()
        kept = db.session.get(ClientCredential, changed)
        assert kept
        assert kept.secret == "what the admin saved"
        assert encryptor() is newer
