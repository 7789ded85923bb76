"""Which login codes are valid, and how typed or pasted ones are normalized."""

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
def test_typed_code_is_normalized(typed: str, code: str) -> None:
    assert normal(typed) == code
    assert normal(code) == code


@pytest.mark.parametrize("code", ["ab", "a1", "contoso", "contoso-two", "a--b", "1" * 40])
def test_valid_codes_pass(code: str) -> None:
    assert fault(code) is None


@pytest.mark.parametrize("code", ["", "a", "-ab", "ab-", "a b", "a_b", "a/b", "a.b", "Contoso", "é1", "ab\n", "1" * 41])
def test_invalid_codes_are_rejected(code: str) -> None:
    assert fault(code) == "Use 2–40 letters, numbers or hyphens. Don’t start or end with a hyphen."


@pytest.mark.parametrize("code", sorted(RESERVED))
def test_words_used_in_urls_are_reserved(code: str) -> None:
    assert CODE.fullmatch(code)
    assert fault(code) == "This code is reserved. Choose another."
