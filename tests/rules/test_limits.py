"""Account limits and cookies are each created in one place."""

import re

from app.settings import ROOT


def places(pattern: str) -> set[str]:
    """The application's files, without the sandbox, that contain this pattern."""
    folder = ROOT / "app"
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*.py")
        if "sandbox" not in path.relative_to(folder).parts and re.search(pattern, path.read_text())
    }


def test_limits_of_an_account_come_from_one_place() -> None:
    assert places(r"Budget\([^)]*Where\.(ACCOUNT|BROWSER)") == {"people/account_limits.py"}


def test_cookies_are_set_in_one_place() -> None:
    """Login transactions and one-time links have cookies of their own, with the same prefix."""
    assert places(r"\.set_cookie\(") == {"http/cookies.py", "http/one_time_links.py", "login/transaction.py"}


def test_no_page_answers_429_without_saying_which_limit_it_was() -> None:
    assert places(r"abort\(429") == set()
