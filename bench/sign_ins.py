"""Sign-ins of returning people, as in a browser: `python -m bench.sign_ins`, with a `Visits` as JSON on stdin.

The login pages are fetched before the clock starts; the button's POST and the callback with the response of the sandbox
directory are timed. Also the plain loop with which a sign-in is compared.
"""

import base64
import hashlib
import http.client
import json
import re
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import NamedTuple
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import jwt

from bench.client import COOKIE, Connection, Timing

CSRF = re.compile(rb'name="csrf_token" value="([^"]+)"')
LOCATION = re.compile(rb"(?i)\r\nlocation: (\S+)")
READY = "ready\n"
GRAPH_PATH = "/v1.0/me?$select=id,displayName,mail,jobTitle"


class Visitor(NamedTuple):
    """A person and the connection with which they sign in."""

    code: str
    public_id: str
    """The connection's."""
    oid: str


@dataclass(frozen=True)
class Visits:
    ports: list[int]
    """The ports of Portico's nodes: a sign-in starts at the first and finishes at the last."""
    host: str
    sandbox_port: int
    visitors: list[Visitor]
    count: int
    connections: int = 4


@dataclass(frozen=True)
class Plain:
    """The parameters of the plain loop."""

    sandbox_port: int
    tenant: str
    client_id: str
    client_secret: str
    redirect_uri: str
    people: list[str]
    count: int


def sign_in(visits: Visits, about_to: Callable[[], object]) -> Timing:
    """Runs them in their own process, and calls `about_to` once the login pages are fetched.

    Raises RuntimeError if a sign-in failed.
    """
    with subprocess.Popen(
        [sys.executable, "-m", "bench.sign_ins"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(asdict(visits)) + "\n")
        process.stdin.flush()
        if process.stdout.readline() == READY:
            about_to()
            process.stdin.write(READY)
            process.stdin.flush()
        output = process.stdout.read()
    if process.returncode:
        raise RuntimeError("a sign-in failed; its client printed the reason above")
    return Timing(**json.loads(output))


def session_cookies(visits: Visits) -> str:
    """The cookies of a browser in which the first person is signed in and has opened their account."""
    node = Connection(visits.ports[0])
    browser = _Browser(visits)
    visitor = visits.visitors[0]
    _seconds, cookies = browser.sign_in([node], visitor, *browser.ready(node, visitor))
    kept = dict(cookie.split(b"=", 1) for cookie in cookies)
    now = [name + b"=" + value for name, value in kept.items() if value]
    _status, head, _page = node.ask(_request("GET", "/account", visits.host, now))
    kept |= dict(cookie.split(b"=", 1) for cookie in COOKIE.findall(head))
    node.close()
    return "; ".join(f"{name.decode()}={value.decode()}" for name, value in kept.items() if value)


def plain_loop(plain: Plain) -> float:
    """CPU seconds of the token request, one Graph request and the signature check, `count` times."""
    sandbox = http.client.HTTPConnection("127.0.0.1", plain.sandbox_port, timeout=30)
    sandbox.request("GET", f"/{plain.tenant}/discovery/v2.0/keys")
    keys = {key.key_id: key.key for key in jwt.PyJWKSet.from_dict(json.load(sandbox.getresponse())).keys}
    grants = [_code(plain, number) for number in range(plain.count)]
    began = time.process_time()
    for code, verifier in grants:
        form = {
            "grant_type": "authorization_code",
            "client_id": plain.client_id,
            "client_secret": plain.client_secret,
            "code": code,
            "redirect_uri": plain.redirect_uri,
            "code_verifier": verifier,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        sandbox.request("POST", f"/{plain.tenant}/oauth2/v2.0/token", urlencode(form), headers)
        answer = json.load(sandbox.getresponse())
        token = answer["id_token"]
        jwt.decode(token, keys[jwt.get_unverified_header(token)["kid"]], ["RS256"], audience=plain.client_id)
        sandbox.request("GET", GRAPH_PATH, headers={"Authorization": f"Bearer {answer['access_token']}"})
        assert json.load(sandbox.getresponse())["id"]
    taken = time.process_time() - began
    sandbox.close()
    return taken


def _code(plain: Plain, number: int) -> tuple[str, str]:
    """An authorization code from the directory, with its verifier."""
    verifier = secrets.token_urlsafe(32)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    query = {
        "client_id": plain.client_id,
        "response_type": "code",
        "redirect_uri": plain.redirect_uri,
        "scope": "openid profile User.Read",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    path = f"/{plain.tenant}/oauth2/v2.0/authorize?{urlencode(query)}"
    back = _picked(plain.sandbox_port, path, plain.people[number % len(plain.people)])
    return parse_qs(urlsplit(back).query)["code"][0], verifier


def _picked(port: int, path: str, oid: str) -> str:
    """The directory's redirect for a browser that picked an account."""
    sandbox = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    sandbox.request("POST", path, f"account={oid}", {"Content-Type": "application/x-www-form-urlencoded"})
    answer = sandbox.getresponse()
    location = answer.getheader("Location")
    sandbox.close()
    assert location, f"the directory answered {answer.status}"
    return location


def _request(method: str, path: str, host: str, cookies: list[bytes], form: dict[str, str] | None = None) -> bytes:
    body = urlencode(form).encode() if form is not None else b""
    lines = [f"{method} {path} HTTP/1.1".encode(), b"Host: " + host.encode(), b"User-Agent: Firefox Linux"]
    if cookies:
        lines.append(b"Cookie: " + b"; ".join(cookies))
    if form is not None:
        lines += [b"Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}".encode()]
    return b"\r\n".join([*lines, b"", b""]) + body


@dataclass
class _Browser:
    visits: Visits

    def ready(self, connection: Connection, visitor: Visitor) -> tuple[str, list[bytes]]:
        """A login page's CSRF token and cookies."""
        _status, head, page = connection.ask(_request("GET", f"/login/{visitor.code}", self.visits.host, []))
        token = CSRF.search(page)
        assert token
        return token[1].decode(), COOKIE.findall(head)

    def sign_in(
        self, nodes: list[Connection], visitor: Visitor, token: str, cookies: list[bytes]
    ) -> tuple[float, list[bytes]]:
        """Seconds that Portico's two responses took, and the cookies afterwards."""
        visits = self.visits
        press = _request(
            "POST",
            f"/login/{visitor.code}/microsoft/{visitor.public_id}",
            visits.host,
            cookies,
            {"csrf_token": token, "next": "", "prompt": ""},
        )
        began = time.perf_counter()
        status, head, _body = nodes[0].ask(press)
        seconds = time.perf_counter() - began
        away = LOCATION.search(head)
        assert status == 303, f"the button answered {status}"
        assert away
        back = urlsplit(_picked(visits.sandbox_port, quote(_path(away[1].decode()), safe="/?&=%+"), visitor.oid))
        cookies = [*cookies, *COOKIE.findall(head)]
        answer = _request("GET", f"{back.path}?{back.query}", visits.host, cookies)
        began = time.perf_counter()
        status, head, _body = nodes[-1].ask(answer)
        seconds += time.perf_counter() - began
        assert status == 303, f"the callback answered {status}"
        return seconds, [*cookies, *COOKIE.findall(head)]


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def _main() -> None:
    given = json.loads(sys.stdin.readline())
    visits = Visits(**given | {"visitors": [Visitor(*visitor) for visitor in given["visitors"]]})
    browser = _Browser(visits)
    share = visits.count // visits.connections
    ready = threading.Barrier(visits.connections + 1)
    latencies: list[float] = []
    failed: list[BaseException] = []

    def run(place: int) -> None:
        visitors = [
            visits.visitors[number % len(visits.visitors)] for number in range(place * share, (place + 1) * share)
        ]
        try:
            nodes = [Connection(port) for port in visits.ports]
            pages = [browser.ready(nodes[0], visitor) for visitor in visitors]
        except BaseException as error:
            failed.append(error)
            ready.abort()
            raise
        ready.wait()
        ready.wait()
        try:
            for node in nodes:
                node.close()
            nodes = [Connection(port) for port in visits.ports]
            for visitor, page in zip(visitors, pages, strict=True):
                latencies.append(browser.sign_in(nodes, visitor, *page)[0])
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=run, args=(place,)) for place in range(visits.connections)]
    for thread in threads:
        thread.start()
    # Once for the pages, and once more when the parent has read its clocks.
    ready.wait()
    sys.stdout.write(READY)
    sys.stdout.flush()
    sys.stdin.readline()
    began = time.perf_counter()
    ready.wait()
    for thread in threads:
        thread.join()
    if failed:
        sys.exit(repr(failed[0]))
    json.dump(asdict(Timing(time.perf_counter() - began, latencies)), sys.stdout)


if __name__ == "__main__":
    _main()
