"""What makes a password too easy to guess."""

import pytest

from app.people.passwords import fault


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "passwordpassword",
        "P@ssw0rd1234",
        "123456789012",
        "qwertyuiop12",
        "iloveyou1234",
        "aaaaaaaaaaaa",
        "letmeinletmein",
        "Welcome12345",
        "contosocontoso",
        "adaeze okonkwo",
    ],
)
def test_what_guessers_try_first_is_refused(password: str) -> None:
    assert fault(password, ["Contoso", "Adaeze Okonkwo"])


@pytest.mark.parametrize(
    "password",
    ["correct horse battery staple", "ünïcödé ßtrange", "x7#kPq9!mmZt", "vier wörter sind gut", "y" * 3 + "kq8zw" * 25],
)
def test_there_are_no_rules_of_composition(password: str) -> None:
    assert fault(password) is None


@pytest.mark.parametrize("length", [0, 11, 129, 100_000])
def test_the_length_is_12_to_128(length: int) -> None:
    assert fault("kq8 zw!"[:1] * length)
