"""Secrets at rest: each decrypts only in its own column and row, and a database dump shows none."""

import base64
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from app.core.database import Base, db
from app.core.encryption import DecryptionError, Encryptor, key_name, key_name_of
from app.core.unit_of_work import unit_of_work
from app.settings import new_key
from tests.cast import OWNER_PASSWORD, Cast
from tests.directory import CONTOSO_SECRET, FABRIKAM_SECRET

OLD, NEW = new_key(), new_key()
ENCRYPTOR = Encryptor([OLD])
PLACE = "credential.secret:1"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_encrypted_text_decrypts_in_its_place(text: str) -> None:
    assert ENCRYPTOR.decrypt(ENCRYPTOR.encrypt(text, PLACE), PLACE) == text


def test_same_text_never_encrypts_to_same_ciphertext() -> None:
    assert len({ENCRYPTOR.encrypt("secret", PLACE) for _ in range(100)}) == 100


@pytest.mark.parametrize("place", ["credential.secret:2", "credential.certificate:1", "", PLACE + " "])
def test_ciphertext_does_not_decrypt_in_another_row_or_column(place: str) -> None:
    with pytest.raises(DecryptionError, match="moved"):
        ENCRYPTOR.decrypt(ENCRYPTOR.encrypt("secret", PLACE), place)


@given(st.data())
def test_changed_ciphertext_does_not_decrypt(data: st.DataObject) -> None:
    encrypted = ENCRYPTOR.encrypt("secret", PLACE)
    place = data.draw(st.integers(0, len(encrypted) - 2))
    character = data.draw(st.characters())
    if character != encrypted[place]:
        with pytest.raises(DecryptionError):
            ENCRYPTOR.decrypt(encrypted[:place] + character + encrypted[place + 1 :], PLACE)


@given(st.text())
def test_arbitrary_text_does_not_decrypt(text: str) -> None:
    with pytest.raises(DecryptionError):
        ENCRYPTOR.decrypt(text, PLACE)


def test_older_key_still_decrypts_and_newest_encrypts() -> None:
    encrypted = ENCRYPTOR.encrypt("secret", PLACE)
    both = Encryptor([NEW, OLD])
    assert both.decrypt(encrypted, PLACE) == "secret"
    assert key_name_of(both.encrypt("secret", PLACE)) == both.newest != ENCRYPTOR.newest


def test_removed_key_is_named() -> None:
    encrypted = ENCRYPTOR.encrypt("secret", PLACE)
    name = key_name(base64.urlsafe_b64decode(OLD))
    with pytest.raises(DecryptionError, match=f"{name}.*ENCRYPTION_KEYS"):
        Encryptor([NEW]).decrypt(encrypted, PLACE)
    assert not Encryptor([NEW]).has_key(key_name_of(encrypted))


def test_key_name_reveals_nothing_of_the_key() -> None:
    assert key_name(base64.urlsafe_b64decode(OLD)) not in OLD
    assert len(key_name(b"x" * 32)) == 8


def all_encrypted_columns() -> list[tuple[sa.Table, str]]:
    return [
        (table, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.name.endswith("_sealed")
    ]


def secrets_of(cast: Cast) -> list[tuple[sa.Table, str, object]]:
    """Table, column and ID of each encrypted text."""
    return [
        (table, name, row.id)
        for table, name in all_encrypted_columns()
        for row in db.session.execute(sa.select(table).where(table.c[name].is_not(None)))
    ]


def test_ciphertext_moved_to_another_row_does_not_decrypt(cast: Cast) -> None:
    with cast.app.app_context():
        with unit_of_work():
            (table, name, one), (_, _, two) = secrets_of(cast)[:2]
            values = {row.id: getattr(row, name) for row in db.session.execute(sa.select(table))}
            db.session.execute(table.update().where(table.c.id == one).values({name: values[two]}))
        encryptor = cast.app.extensions["encryptor"]
        place = f"{table.name}.{name.removesuffix('_sealed')}"
        assert encryptor.decrypt(values[two], f"{place}:{two}")
        with pytest.raises(DecryptionError):
            encryptor.decrypt(values[two], f"{place}:{one}")
        with pytest.raises(DecryptionError):
            encryptor.decrypt(values[two], f"{place}:{uuid4()}")


def test_database_dump_shows_no_secret(cast: Cast) -> None:
    browser = cast.alice()
    token = browser.session_token
    with cast.app.app_context():
        dump = "\n".join(
            str(row) for table in Base.metadata.sorted_tables for row in db.session.execute(sa.select(table))
        )
        url = db.engine.url
    assert "adaeze" in dump
    secrets = (CONTOSO_SECRET, FABRIKAM_SECRET, OWNER_PASSWORD, token, "eyJ0eXAi")
    assert not [secret for secret in secrets if secret in dump]
    if url.get_backend_name() == "sqlite":
        files = b"".join(path.read_bytes() for path in Path(str(url.database)).parent.glob("portico.db*"))
        assert not [secret for secret in secrets if secret.encode() in files]
