import io
import uuid

import pytest
from PIL import Image

from sandbox.model import Person
from sandbox.portrait_shapes import HAIRSTYLES
from sandbox.portraits import jpeg


def somebody(**portrait: object) -> Person:
    return Person(oid=str(uuid.UUID(int=7)), name="Some Body", upn="some@body.example", portrait=portrait)


@pytest.mark.parametrize("hair", HAIRSTYLES)
def test_every_style_can_be_drawn(hair: str) -> None:
    features = {"glasses": True, "beard": True, "earrings": True, "freckles": True}
    assert Image.open(io.BytesIO(jpeg(somebody(hair=hair, **features), 48))).size == (48, 48)


def test_a_person_always_looks_the_same_and_not_like_another() -> None:
    other = Person(oid=str(uuid.UUID(int=8)), name="Other", upn="other@body.example")
    assert jpeg(somebody(), 48) == jpeg(somebody(), 48) != jpeg(other, 48)


@pytest.mark.parametrize(
    ("name", "initials"), [("Gabriel Nakamura", "GN"), ("Zoë", "Z"), ("林美玲 (Mei-Ling Lin)", "林L"), ("…", "?")]
)
def test_without_a_picture_there_are_initials(name: str, initials: str) -> None:
    assert Person(oid="x", name=name, upn="x").initials == initials
