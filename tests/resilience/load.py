"""Users who sign in and open pages while something fails."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from itertools import cycle

import requests

from tests.browser import BUTTON, CSRF
from tests.directory import Account
from tests.e2e.processes import Portico

Visit = Callable[[requests.Session], int]
"""A person's actions in a browser; returns the status of the last response."""


def host(portico: Portico) -> dict[str, str]:
    """The public host, whichever node listens, and the referrer of forms, which is checked with TLS."""
    known = f"localhost:{portico.port}"
    return {"Host": known, "Referer": f"https://{known}/"}


def opening(portico: Portico, path: str = "/login/contoso", *, at: str = "") -> Visit:
    def visit(browser: requests.Session) -> int:
        return browser.get((at or portico.base_url) + path, headers=host(portico), timeout=30).status_code

    return visit


def signing_in(portico: Portico, account: Account, *, at: str = "") -> Visit:
    """A complete sign-in. Its result is 303, or the first unexpected status.

    Raises requests.ConnectionError or ChunkedEncodingError if a node dies during it.
    """
    there, headers = at or portico.base_url, host(portico)

    def visit(browser: requests.Session) -> int:
        page = browser.get(f"{there}/login/contoso", headers=headers, timeout=30)
        button, token = BUTTON.search(page.text), CSRF.search(page.text)
        if page.status_code != 200 or not button or not token:
            return page.status_code
        form = {"csrf_token": token[1]}
        away = browser.post(there + button[1], data=form, headers=headers, allow_redirects=False, timeout=30)
        if away.status_code != 303:
            return away.status_code
        picked = requests.post(
            away.headers["Location"], data={"account": account.oid}, allow_redirects=False, timeout=30
        )
        back = picked.headers["Location"].replace(portico.base_url, there)
        return browser.get(back, headers=headers, allow_redirects=False, timeout=30).status_code

    return visit


def sign_in(portico: Portico, account: Account) -> int:
    with requests.Session() as browser:
        return signing_in(portico, account)(browser)


class Load:
    """Five people on persistent connections who make one visit after another until stopped. With pages only, that is
    about fifty requests per second.
    """

    def __init__(self, *visits: Visit, threads: int = 5, pause: float = 0.1, verify: str | bool = True) -> None:
        self.seen: Counter[str] = Counter()
        self.again: Counter[str] = Counter()
        """The results of retries after a broken connection."""
        self._visits, self._pause, self._verify = visits, pause, verify
        self._ends = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(threads)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, number: int) -> None:
        """Waits for this number of additional visits."""
        wanted = self.seen.total() + number
        deadline = time.monotonic() + 60
        while self.seen.total() < wanted:
            assert time.monotonic() < deadline, self.seen
            time.sleep(0.02)

    def _run(self, number: int) -> None:
        with requests.Session() as browser:
            # The environment's CA bundle would take precedence over the test's.
            browser.trust_env, browser.verify = False, self._verify
            # Each person starts at a different visit, so that all kinds run at any moment.
            visits = cycle(self._visits[number % len(self._visits) :] + self._visits[: number % len(self._visits)])
            while not self._ends.wait(self._pause):
                visit = next(visits)
                end = _end(visit, browser)
                if not end.isdigit():
                    self.again[_end(visit, browser)] += 1
                self.seen[end] += 1


def _end(visit: Visit, browser: requests.Session) -> str:
    try:
        return str(visit(browser))
    except requests.RequestException as error:
        return type(error).__name__
