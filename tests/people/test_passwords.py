"""Password strength and length, and Unicode normalization of passwords."""

import unicodedata

import pytest
from argon2 import PasswordHasher

from app.cli.companies_file import actions as companies_file
from app.cli.companies_file.schema import CompaniesFile
from app.core.unit_of_work import unit_of_work
from app.people.passwords import fault, hash_password, matches
from tests.accounts import sign_in
from tests.cast import Cast

COMPOSED = unicodedata.normalize("NFC", "Grüße aus Ülzen, säuberlich")
DECOMPOSED = unicodedata.normalize("NFD", COMPOSED)


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
def test_common_passwords_are_rejected(password: str) -> None:
    assert fault(password, ["Contoso", "Adaeze Okonkwo"])


@pytest.mark.parametrize(
    "password",
    ["correct horse battery staple", "ünïcödé ßtrange", "x7#kPq9!mmZt", "vier wörter sind gut", "y" * 3 + "kq8zw" * 25],
)
def test_composition_is_not_restricted(password: str) -> None:
    assert fault(password) is None


@pytest.mark.parametrize("length", [0, 11, 129, 100_000])
def test_length_must_be_12_to_128(length: int) -> None:
    assert fault("kq8 zw!"[:1] * length)


@pytest.mark.parametrize(("chosen", "typed"), [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)])
def test_password_matches_composed_and_decomposed(chosen: str, typed: str) -> None:
    assert matches(hash_password(chosen), typed)
    assert not matches(hash_password(chosen), typed.upper())


def test_hash_of_decomposed_password_still_matches() -> None:
    stored = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(DECOMPOSED)
    assert matches(stored, DECOMPOSED)


def test_length_is_counted_in_composed_characters() -> None:
    assert fault(unicodedata.normalize("NFD", "üöäüöä")) == fault("üöäüöä")
    assert fault(unicodedata.normalize("NFD", "üö" * 64)) == fault("üö" * 64)


def test_companies_file_password_matches_composed_and_decomposed(cast: Cast) -> None:
    def applied(password: str) -> list[str]:
        person = {"email": "umlaut@contoso.example", "name": "Ülkü", "password": password}
        company = {"code": "contoso", "name": "Contoso", "people": [person]}
        with cast.app.app_context(), unit_of_work():
            return companies_file.apply(CompaniesFile.model_validate({"companies": [company]}))

    assert applied(DECOMPOSED)[-1] == "contoso: umlaut@contoso.example: created"
    assert sign_in(cast.browser(), "umlaut@contoso.example", COMPOSED) == 303
    assert not [line for line in applied(COMPOSED) if "password" in line], "it is the same password"
