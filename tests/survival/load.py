"""People who come and go while something fails."""

import threading
import time
from collections import Counter

import requests

from tests.browser.processes import Portico
from tests.directory import Account
from tests.visitor import BUTTON, CSRF


def sign_in(portico: Portico, account: Account, *, port: int | None = None) -> int:
    """The whole way; the status of the last answer.

    Raises requests.ConnectionError or ChunkedEncodingError when a node dies under it.
    """
    at = f"http://localhost:{port or portico.port}"
    headers = {"Host": f"localhost:{portico.port}"}
    with requests.Session() as browser:
        page = browser.get(f"{at}/login/contoso", headers=headers, timeout=30)
        button, token = BUTTON.search(page.text), CSRF.search(page.text)
        if page.status_code != 200 or not button or not token:
            return page.status_code
        form = {"csrf_token": token[1]}
        away = browser.post(at + button[1], data=form, headers=headers, allow_redirects=False, timeout=30)
        if away.status_code != 303:
            return away.status_code
        picked = requests.post(
            away.headers["Location"], data={"account": account.oid}, allow_redirects=False, timeout=30
        )
        back = picked.headers["Location"].replace(portico.base_url, at)
        return browser.get(back, headers=headers, allow_redirects=False, timeout=30).status_code


class Load:
    """About fifty requests a second, on kept connections, until it is told to end."""

    def __init__(self, address: str, host: str, *, threads: int = 5, pause: float = 0.1) -> None:
        self.seen: Counter[str] = Counter()
        self._ends = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(address, host, pause)) for _ in range(threads)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, number: int) -> None:
        """Until so many more answers have come."""
        wanted = self.seen.total() + number
        deadline = time.monotonic() + 60
        while self.seen.total() < wanted:
            assert time.monotonic() < deadline, self.seen
            time.sleep(0.02)

    def _run(self, address: str, host: str, pause: float) -> None:
        with requests.Session() as browser:
            while not self._ends.wait(pause):
                try:
                    answer = browser.get(address, headers={"Host": host}, timeout=30)
                    self.seen[str(answer.status_code)] += 1
                except requests.RequestException as error:
                    self.seen[type(error).__name__] += 1
