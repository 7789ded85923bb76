"""Advice for Microsoft's error codes, for the person and for the admin."""

import re

import pytest

from app.entra import error_codes
from app.entra.error_codes import ADVICE, CATEGORIES, CREDENTIAL, REJECTED, Category
from app.entra.oauth import refusal_of

# The errors that people encounter: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
COMMON_CODES = (
    *(50011, 900971, 700016, 90002, 90038, 50194, 7000215, 7000222, 7000218, 700025, 700027, 9002325, 9002326, 9002327),
    *(65001, 90094, 90095, 65004, 650056, 650057, 500011, 50105, 50020, 50034, 16000, 90072, 500208, 53003, 53000),
    *(50076, 50079, 50053, 50055, 50057, 7000112, 54005, 700005, 700082, 70043, 50173, 700084),
)


@pytest.mark.parametrize("code", COMMON_CODES)
def test_every_common_error_code_has_advice(code: int) -> None:
    words = ADVICE[code]
    for text in (words.title, words.person, words.who_can_help, words.admin):
        assert text.strip()
    assert words.person.endswith(".")
    assert words.admin.endswith(".")


@pytest.mark.parametrize("code", sorted(ADVICE))
def test_advice_for_people_contains_no_code_or_jargon(code: int) -> None:
    words = ADVICE[code]
    assert not re.search(r"AADSTS|\d{5}", words.title + words.person + words.admin)
    assert not re.search(r"tenant|client|redirect|token|scope|consent\b", words.title + words.person, re.IGNORECASE)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (50011, "redirect URI"),
        (700016, "minutes"),
        (7000215, "Value, not its Secret ID"),
        (7000222, "Create a new one"),
        (9002326, "Single-page application"),
        (9002327, "Web"),
        (65001, "Grant admin consent"),
        (50105, "Users and groups"),
        (53003, "Conditional Access"),
        (7000112, "Enterprise applications"),
    ],
)
def test_advice_says_what_admin_does_and_where(code: int, says: str) -> None:
    assert says in ADVICE[code].admin


def test_first_known_code_is_used() -> None:
    assert error_codes.advice((1, 50105, 65001)) == (50105, ADVICE[50105])
    assert error_codes.advice((1, 2)) is None
    assert error_codes.advice(()) is None


@pytest.mark.parametrize(
    ("code", "points_to"),
    [
        (90002, Category.TENANT),
        (90038, Category.TENANT),
        (50194, Category.TENANT),
        (700005, Category.TENANT),
        (700016, Category.APPLICATION),
        (7000112, Category.APPLICATION),
        (50011, Category.REDIRECT_URI),
        (9002327, Category.REDIRECT_URI),
        (65001, Category.CONSENT),
        (650057, Category.CONSENT),
        (7000215, Category.CREDENTIAL_REFUSED),
        (700027, Category.CREDENTIAL_REFUSED),
        (700211, Category.CREDENTIAL_REFUSED),
        (7000222, Category.CREDENTIAL_EXPIRED),
        (500011, Category.RESOURCE),
        (50057, None),
        (53003, None),
        (54005, None),
        (1, None),
        (None, None),
    ],
)
def test_code_maps_to_its_category(code: int | None, points_to: Category | None) -> None:
    assert error_codes.category(code) == points_to


def test_missing_credential_has_a_category_but_rejects_no_credential() -> None:
    assert error_codes.category(7000218) == Category.CREDENTIAL_MISSING
    assert Category.CREDENTIAL_MISSING in CREDENTIAL
    assert error_codes.credential_rejection((7000218,)) is None


def test_public_client_error_maps_to_redirect_uri() -> None:
    assert error_codes.category(700025) == Category.REDIRECT_URI
    assert error_codes.credential_rejection((700025,)) is None


def test_code_that_rejects_the_credential_is_picked_from_several() -> None:
    assert error_codes.credential_rejection((1, 700016, 7000222)) == 7000222
    assert error_codes.first_category((1, 700016, 7000222)) == Category.APPLICATION
    assert error_codes.first_category((1, 53003)) is None


def test_every_configuration_error_has_a_category() -> None:
    setup = {code for code, words in ADVICE.items() if words.title == ADVICE[7000215].title}
    assert setup - set(CATEGORIES) == set()
    assert REJECTED < CREDENTIAL


def test_codes_are_read_from_description_and_list() -> None:
    response = {
        "error": "invalid_client",
        "error_description": "AADSTS7000222: The secret has expired. Trace ID: 12345678",
        "error_codes": [7000222, "50011", 90002],
    }
    refused = refusal_of(response)
    assert (refused.error, refused.codes) == ("invalid_client", (7000222, 90002))


@pytest.mark.parametrize(
    "response",
    [{}, {"error": None}, {"error": ["a"], "error_description": 7, "error_codes": "AADSTS1"}, {"error": "x" * 10_000}],
    ids=lambda response: repr(response)[:30],
)
def test_malformed_error_is_still_an_oauth_error(response: dict[str, object]) -> None:
    refused = refusal_of(response)
    assert len(refused.error) <= 100
    assert refused.codes == ()
