"""`flask keys rotate`: every secret gets the newest key, whatever else goes on."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from app.connections.models import Credential, CredentialKind, Draft
from app.database import db, sealer
from app.operations import rotation
from app.sealing import Sealer, key_of
from app.settings import new_key
from tests.cast import BOB, Cast

MANY = 10_000


@pytest.fixture
def newer(cast: Cast, settings: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sealer]:
    """The application after an operator put a new key in front of the one in use."""
    old = [key.get_secret_value() for key in settings.encryption_keys]  # type: ignore[attr-defined]
    held = Sealer([new_key(), *old])
    monkeypatch.setitem(cast.app.extensions, "sealer", held)
    yield held


def keys_in_use(app: Flask) -> set[str]:
    with app.app_context():
        sealed = db.session.scalars(sa.select(Credential.secret_sealed).where(Credential.secret_sealed.is_not(None)))
        return {key_of(text) for text in sealed}


def add_secrets(app: Flask, number: int) -> None:
    with app.app_context():
        draft = db.session.scalars(sa.select(Draft).limit(1)).one()
        db.session.add_all(
            Credential(draft_id=draft.id, kind=CredentialKind.SECRET, secret=f"secret {place}")
            for place in range(number)
        )
        db.session.commit()


def test_every_sealed_column_is_known(app: Flask) -> None:
    sealed = {
        f"{table.name}.{column.name}"
        for table in db.metadata.sorted_tables
        for column in table.columns
        if column.name.endswith("_sealed")
    }
    assert {f"{table.name}.{name}_sealed" for table, name in rotation.sealed_columns()} == sealed


def test_ten_thousand_secrets_while_people_sign_in(cast: Cast, newer: Sealer) -> None:
    add_secrets(cast.app, MANY)
    signed_in = 0
    with cast.app.app_context():
        for number, progress in enumerate(rotation.rotate()):
            assert progress.passed_over == 0
            if number % 10 == 0:
                assert cast.visitor().sign_in_as(BOB, "contoso", cast.directory).status_code == 303
                signed_in += 1
    assert signed_in >= 5
    assert keys_in_use(cast.app) == {newer.newest}
    with cast.app.app_context():
        query = sa.select(Credential).where(Credential.is_live.is_(False))
        assert {one.secret for one in db.session.scalars(query)} == {f"secret {number}" for number in range(MANY)}


def test_stopped_half_way_it_goes_on(cast: Cast, newer: Sealer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "BATCH", 5)
    add_secrets(cast.app, 20)
    with cast.app.app_context():
        first = next(iter(rotation.rotate()))
        db.session.rollback()
    assert first.done == 5
    assert len(keys_in_use(cast.app)) == 2
    with cast.app.app_context():
        left = sum(progress.done for progress in rotation.rotate() if progress.column == "credential.secret")
        assert left
    assert keys_in_use(cast.app) == {newer.newest}


def test_what_somebody_saved_meanwhile_stays(cast: Cast, newer: Sealer, monkeypatch: pytest.MonkeyPatch) -> None:
    """An admin replaces a secret between its reading and its writing."""
    with cast.app.app_context():
        credential = db.session.scalars(sa.select(Credential).limit(1)).one()
        changed, place = credential.id, f"credential.secret:{credential.id}"
        db.session.rollback()
    opened = Sealer.open

    def change_and_open(self: Sealer, sealed: str, where: str) -> str:
        if where == place and key_of(sealed) != self.newest:
            fresh = self.seal("what the admin saved", place)
            db.session.execute(sa.update(Credential).where(Credential.id == changed).values(secret_sealed=fresh))
        return opened(self, sealed, where)

    monkeypatch.setattr(Sealer, "open", change_and_open)
    with cast.app.app_context():
        assert max(progress.passed_over for progress in rotation.rotate()) == 1
        db.session.expire_all()
        kept = db.session.get(Credential, changed)
        assert kept
        assert kept.secret == "what the admin saved"
        assert sealer() is newer
