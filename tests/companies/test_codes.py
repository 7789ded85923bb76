"""What may be a login code, and how one is read that was typed or pasted."""

import pytest

from app.companies.codes import CODE, RESERVED, fault, normal


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("contoso", "contoso"),
        ("  ConToso\n", "contoso"),
        ("contoso\u200b", "contoso"),
        ("\ufeffcontoso", "contoso"),
        ("con\u00adtoso", "contoso"),
        ("\u202econtoso", "contoso"),
        ("\uff43ontoso", "contoso"),
        ("contoso\u00a0", "contoso"),
        ("con toso", "con toso"),
        ("", ""),
    ],
)
def test_a_code_is_read_however_it_was_typed(typed: str, code: str) -> None:
    assert normal(typed) == code
    assert normal(code) == code


@pytest.mark.parametrize("code", ["ab", "a1", "contoso", "contoso-two", "a--b", "1" * 40])
def test_letters_digits_and_inner_hyphens_are_a_code(code: str) -> None:
    assert fault(code) is None


@pytest.mark.parametrize("code", ["", "a", "-ab", "ab-", "a b", "a_b", "a/b", "a.b", "Contoso", "é1", "ab\n", "1" * 41])
def test_anything_else_is_none(code: str) -> None:
    assert fault(code) == "Use 2–40 letters, numbers or hyphens. Don’t start or end with a hyphen."


@pytest.mark.parametrize("code", sorted(RESERVED))
def test_a_word_of_the_addresses_is_reserved(code: str) -> None:
    assert CODE.fullmatch(code)
    assert fault(code) == "This code is reserved. Choose another."
