"""Account limits and cookies are each created in one place."""

import re

from app.settings import ROOT


def places(pattern: str) -> set[str]:
    """The application's files, without the sandbox, that contain this pattern."""
    folder = ROOT / "app"
    return {str(path.relative_to(folder)) for path in folder.rglob("*.py") if re.search(pattern, path.read_text())}


def test_account_limits_are_created_in_one_place() -> None:
    assert places(r"Budget\([^)]*Where\.(ACCOUNT|BROWSER)") == {"people/account_limits.py"}


def test_cookies_are_set_in_one_place() -> None:
    """Login transactions and one-time links have their own cookies, with the same prefix."""
    assert places(r"\.set_cookie\(") == {"http/cookies.py", "http/one_time_links.py", "login/transaction.py"}


def test_no_429_response_omits_its_limit() -> None:
    assert places(r"abort\(429") == set()
