"""Secrets at rest: each opens in its own place only, and a dump of the database shows none."""

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
SEALER = Encryptor([OLD])
PLACE = "credential.secret:1"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_what_was_sealed_opens_in_its_place(text: str) -> None:
    assert SEALER.decrypt(SEALER.encrypt(text, PLACE), PLACE) == text


def test_the_same_text_is_never_sealed_the_same_way() -> None:
    assert len({SEALER.encrypt("secret", PLACE) for _ in range(100)}) == 100


@pytest.mark.parametrize("place", ["credential.secret:2", "credential.certificate:1", "", PLACE + " "])
def test_it_does_not_open_in_another_row_or_column(place: str) -> None:
    with pytest.raises(DecryptionError, match="moved"):
        SEALER.decrypt(SEALER.encrypt("secret", PLACE), place)


@given(st.data())
def test_with_any_character_changed_it_does_not_open(data: st.DataObject) -> None:
    sealed = SEALER.encrypt("secret", PLACE)
    place = data.draw(st.integers(0, len(sealed) - 2))
    character = data.draw(st.characters())
    if character != sealed[place]:
        with pytest.raises(DecryptionError):
            SEALER.decrypt(sealed[:place] + character + sealed[place + 1 :], PLACE)


@given(st.text())
def test_anything_else_does_not_open(text: str) -> None:
    with pytest.raises(DecryptionError):
        SEALER.decrypt(text, PLACE)


def test_an_older_key_still_opens_and_the_newest_seals() -> None:
    sealed = SEALER.encrypt("secret", PLACE)
    both = Encryptor([NEW, OLD])
    assert both.decrypt(sealed, PLACE) == "secret"
    assert key_name_of(both.encrypt("secret", PLACE)) == both.newest != SEALER.newest


def test_a_key_that_was_removed_is_named() -> None:
    sealed = SEALER.encrypt("secret", PLACE)
    name = key_name(base64.urlsafe_b64decode(OLD))
    with pytest.raises(DecryptionError, match=f"{name}.*ENCRYPTION_KEYS"):
        Encryptor([NEW]).decrypt(sealed, PLACE)
    assert not Encryptor([NEW]).has_key(key_name_of(sealed))


def test_a_keys_name_gives_nothing_of_it_away() -> None:
    assert key_name(base64.urlsafe_b64decode(OLD)) not in OLD
    assert len(key_name(b"x" * 32)) == 8


def sealed_columns() -> list[tuple[sa.Table, str]]:
    return [
        (table, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.name.endswith("_sealed")
    ]


def secrets_of(cast: Cast) -> list[tuple[sa.Table, str, object]]:
    """Table, column and id of each sealed text."""
    return [
        (table, name, row.id)
        for table, name in sealed_columns()
        for row in db.session.execute(sa.select(table).where(table.c[name].is_not(None)))
    ]


def test_a_sealed_text_moved_to_another_row_does_not_sign_anybody_in(cast: Cast) -> None:
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


def test_a_dump_of_the_database_shows_no_secret(cast: Cast) -> None:
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
