"""Whole sign-ins as a browser makes them: `python -m bench.journey`, with a `Journey` as JSON on its standard input.

The login page, its button, the directory's account picker, the callback, and the first page. Each is a new browser.
"""

import http.client
import json
import re
import ssl
import sys
import time
from dataclasses import asdict, dataclass
from urllib.parse import urlencode, urlsplit

from bench.client import Timing, run_apart, run_threads

ACTION = re.compile(r'<form[^>]* action="([^"]+)"')
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
MOST_REDIRECTS = 4


@dataclass(frozen=True)
class Journey:
    port: int
    page: str
    """The path of the login page; its first form leads to the directory."""
    directory_port: int
    trust: str
    """A file with the CA of the directory's certificate."""
    people: list[str]
    count: int
    host: str = ""
    browsers: int = 8

    @property
    def public_host(self) -> str:
        return self.host or f"localhost:{self.port}"


def travel(journey: Journey) -> Timing:
    """Makes the sign-ins in a process of their own. Raises subprocess.CalledProcessError if one failed."""
    return run_apart("bench.journey", asdict(journey))


class _Browser:
    def __init__(self, journey: Journey) -> None:
        self._journey = journey
        self._connection = http.client.HTTPConnection("127.0.0.1", journey.port, timeout=60)
        context = ssl.create_default_context(cafile=journey.trust)
        self._directory = http.client.HTTPSConnection("localhost", journey.directory_port, timeout=60, context=context)
        self._cookies: dict[str, str] = {}

    def sign_in(self, oid: str) -> None:
        self._cookies = {}
        page = self._get(self._journey.page)
        action, token = ACTION.search(page), TOKEN.search(page)
        assert action, page
        form = urlencode({"csrf_token": token[1], "next": "/", "prompt": ""} if token else {})
        status, away, _page = self._ask("POST", action[1], form)
        assert status in (302, 303), f"the button answered {status}"
        back = self._pick(away, oid)
        self._get(back)

    def _get(self, address: str) -> str:
        """The page at the address, or where that redirects to."""
        for _ in range(MOST_REDIRECTS):
            status, location, page = self._ask("GET", address)
            if status == 200:
                return page
            assert status in (302, 303), f"{address.partition('?')[0]} answered {status}: {page[:300]}"
            address = location
        raise AssertionError(f"too many redirects, the last to {address}")

    def _ask(self, method: str, address: str, body: str | None = None) -> tuple[int, str, str]:
        parts = urlsplit(address)
        headers = {"Host": self._journey.public_host, "User-Agent": "Firefox/140.0 Linux", "Accept": "text/html"}
        if self._cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        if body is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://{headers['Host']}"}
        self._connection.request(method, parts.path + (f"?{parts.query}" if parts.query else ""), body, headers)
        answer = self._connection.getresponse()
        page = answer.read().decode()
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer.status, answer.headers.get("Location", ""), page

    def _pick(self, away: str, oid: str) -> str:
        """The address to which the directory sends a browser that picked an account."""
        parts = urlsplit(away)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        self._directory.request("POST", f"{parts.path}?{parts.query}".replace(" ", "%20"), f"account={oid}", headers)
        answer = self._directory.getresponse()
        said, location = answer.read(), answer.headers.get("Location")
        assert location, f"the directory answered {answer.status}: {said[:500]!r}"
        return location


def _main() -> None:
    journey = Journey(**json.loads(sys.stdin.read()))

    def run(place: int, latencies: list[float]) -> None:
        browser = _Browser(journey)
        for number in range(place, journey.count, journey.browsers):
            began = time.perf_counter()
            browser.sign_in(journey.people[number % len(journey.people)])
            latencies.append(time.perf_counter() - began)

    run_threads(run, journey.browsers)


if __name__ == "__main__":
    _main()
