"""Which CRM connection problem each Microsoft error maps to."""

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
def test_oauth_error_maps_to_a_problem_by_code_or_else_by_name(
    error: str, codes: tuple[int, ...], problem: problems.ConnectionProblem
) -> None:
    assert problem_for(OAuthError(error, "", codes)) is problem


def test_every_category_has_a_problem() -> None:
    assert set(PROBLEM_OF_CATEGORY) == set(Category)


def test_temporary_errors_need_no_person() -> None:
    undecryptable = DecryptionError("lost", associated_data="x", key="y")
    for error in (ServiceUnavailable("down"), InvalidResponse("odd"), undecryptable):
        assert not problem_for(error).needs_person
