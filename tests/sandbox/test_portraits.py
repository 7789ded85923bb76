import io
import uuid

import pytest
from PIL import Image

from sandbox.model import Person
from sandbox.portrait_shapes import HAIRSTYLES
from sandbox.portraits import jpeg


def person(**portrait: object) -> Person:
    return Person(oid=str(uuid.UUID(int=7)), name="Some Body", upn="some@body.example", portrait=portrait)


@pytest.mark.parametrize("hair", HAIRSTYLES)
def test_every_hairstyle_can_be_drawn(hair: str) -> None:
    features = {"glasses": True, "beard": True, "earrings": True, "freckles": True}
    assert Image.open(io.BytesIO(jpeg(person(hair=hair, **features), 48))).size == (48, 48)


def test_portrait_is_stable_and_unique_per_person() -> None:
    other = Person(oid=str(uuid.UUID(int=8)), name="Other", upn="other@body.example")
    assert jpeg(person(), 48) == jpeg(person(), 48) != jpeg(other, 48)


@pytest.mark.parametrize(
    ("name", "initials"), [("Gabriel Nakamura", "GN"), ("Zoë", "Z"), ("林美玲 (Mei-Ling Lin)", "林L"), ("…", "?")]
)
def test_person_without_photo_has_initials(name: str, initials: str) -> None:
    assert Person(oid="x", name=name, upn="x").initials == initials
