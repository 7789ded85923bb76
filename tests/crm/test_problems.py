"""Which problem of the CRM connection an error of Microsoft's is."""

import pytest

from app.core.encryption import DecryptionError
from app.crm import problems
from app.crm.problems import PROBLEM_OF_CATEGORY, problem_for
from app.entra.error_codes import Category
from app.entra.errors import InvalidResponse, OAuthError, ServiceUnavailable


@pytest.mark.parametrize(
    ("error", "codes", "problem"),
    [
        ("invalid_client", (7000215,), problems.CREDENTIAL),
        ("invalid_client", (7000222,), problems.CREDENTIAL),
        ("invalid_client", (7000218,), problems.CREDENTIAL),
        ("invalid_client", (700025,), problems.REDIRECT_URI),
        ("invalid_request", (9002327,), problems.REDIRECT_URI),
        ("unauthorized_client", (700016,), problems.REGISTRATION),
        ("invalid_grant", (700005,), problems.REGISTRATION),
        ("invalid_grant", (65001,), problems.CONSENT),
        ("invalid_resource", (500011,), problems.ENVIRONMENT),
        ("invalid_grant", (700082,), problems.SIGNED_OUT),
        ("invalid_client", (), problems.CREDENTIAL),
        ("access_denied", (), problems.CONSENT),
        ("forbidden", (), problems.FORBIDDEN),
    ],
)
def test_an_oauth_error_is_a_problem_by_its_number_or_else_its_name(
    error: str, codes: tuple[int, ...], problem: problems.ConnectionProblem
) -> None:
    assert problem_for(OAuthError(error, "", codes)) is problem


def test_every_setting_has_its_problem() -> None:
    assert set(PROBLEM_OF_CATEGORY) == set(Category)


def test_what_is_no_refusal_is_tried_again() -> None:
    undecryptable = DecryptionError("lost", associated_data="x", key="y")
    for error in (ServiceUnavailable("down"), InvalidResponse("odd"), undecryptable):
        assert not problem_for(error).needs_person
