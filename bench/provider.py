"""What an application asks of an OpenID provider, beside others and a bare Flask route: `make bench PART=provider`.

All run on this machine in one run and take turns. npm's oidc-provider keeps everything in its memory, canaille in
SQLite, Portico in PostgreSQL, with an audit log. Codes and refresh tokens are fetched before the clock starts.
"""

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from urllib.parse import parse_qs, urlencode, urlsplit

from bench.client import COOKIE, Connection, Load, requests_of, send
from bench.peer import Peer, installed, start
from bench.processes import Tree
from bench.sign_ins import session_cookies
from bench.stage import Cost, Stage, add
from tests.ports import free_port

ROUNDS = 3
REQUESTS = 200
"""Per round, of each kind."""
WARM = 120
"""The first ten executions of a statement on a connection are planned each time; a node in use has left them behind."""
REDIRECT_URI = "http://localhost:9/callback"
PROTECTED = "http://localhost:9"
VERIFIER = secrets.token_urlsafe(48)
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
LOCATION = re.compile(rb"(?i)\r\nlocation: (\S+)")
MOST_REDIRECTS = 8
GOALS = {
    "silent authorization": 4.0,
    "code redemption": 5.0,
    "refresh": 4.0,
    "userinfo": 2.5,
    "discovery": 1.1,
    "keys": 1.1,
    "forward-auth check": 2.0,
}
"""CPU time, relative to a bare Flask route under the same gunicorn."""
GRANTS_PER_SECOND = 150
"""Of a core, at least: silent authorization and redemption."""


@dataclass
class Provider:
    """A running provider, with an application and a browser in which someone is signed in."""

    name: str
    tree: Tree
    host: str
    client_id: str
    secret: str
    authorize: str
    token: str
    userinfo: str
    keys: str
    discovery: str = "/.well-known/openid-configuration"
    cookies: str = ""
    costs: dict[str, Cost] = field(default_factory=dict)
    check: Load | None = None
    """Forward-auth's, where there is one."""

    @property
    def silent(self) -> Load:
        query = {
            "client_id": self.client_id,
            "redirect_uri": REDIRECT_URI,
            "response_type": "code",
            "scope": "openid profile email",
            "state": "a state",
            "nonce": "a nonce",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "prompt": "none",
        }
        return self._get(f"{self.authorize}?{urlencode(query)}", Cookie=self.cookies)

    def _get(self, path: str, **headers: str) -> Load:
        return Load(self.tree.port, [path], REQUESTS, {"Host": self.host, **headers})

    def ask_for_token(self, forms: list[dict[str, str]]) -> Load:
        """One request for each of the forms."""
        known = base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
        bodies = [urlencode(form) for form in forms]
        headers = {"Host": self.host, "Authorization": f"Basic {known}"}
        return Load(self.tree.port, [self.token] * len(forms), len(forms), headers, bodies=bodies)

    def redemptions(self, count: int) -> Load:
        """With new codes."""
        codes = [_code(head) for head, _body in _answers(replace(self.silent, count=count))]
        usual = {"grant_type": "authorization_code", "redirect_uri": REDIRECT_URI, "code_verifier": VERIFIER}
        return self.ask_for_token([{**usual, "code": code} for code in codes])

    def refreshes(self, count: int) -> Load:
        """With new refresh tokens."""
        tokens = [json.loads(body)["refresh_token"] for _head, body in _answers(self.redemptions(count))]
        return self.ask_for_token([{"grant_type": "refresh_token", "refresh_token": token} for token in tokens])

    def _userinfos(self, count: int) -> Load:
        """With a new access token: oidc-provider's memory keeps the last thousand things."""
        ((_head, body),) = _answers(self.redemptions(1))
        bearer = f"Bearer {json.loads(body)['access_token']}"
        return replace(self._get(self.userinfo, Authorization=bearer), count=count)

    def loads(self) -> dict[str, Callable[[int], Load]]:
        """By what they request: makes a load of this many requests."""
        ((head, _body),) = _answers(replace(self.silent, count=1))
        status = int(head[9:12])
        made: dict[str, Callable[[int], Load]] = {
            "silent authorization": lambda count: replace(self.silent, count=count, status=status),
            "code redemption": self.redemptions,
            "refresh": self.refreshes,
            "userinfo": self._userinfos,
            "discovery": lambda count: replace(self._get(self.discovery), count=count),
            "keys": lambda count: replace(self._get(self.keys), count=count),
        }
        if check := self.check:
            made["forward-auth check"] = lambda count: replace(check, count=count)
        return made


def measure(on: Stage) -> tuple[Cost, list[Provider]]:
    """The bare Flask route, and the providers, ours first. Those that are not installed are left out."""
    hello = on.bench.hello()
    bare = Cost("hello, bare Flask")
    plain = Load(hello.port, ["/"], REQUESTS, {"Host": f"localhost:{hello.port}"})
    providers = [_ours(on), *_peers(on)]
    loads = [provider.loads() for provider in providers]
    for number in range(ROUNDS + 1):
        count = REQUESTS if number else WARM
        for what in GOALS:
            add(bare if number else Cost("warm"), on.bench, (hello,), partial(send, replace(plain, count=count)))
            for provider, made in zip(providers, loads, strict=True):
                if what in made:
                    cost = provider.costs.setdefault(what, Cost(what)) if number else Cost("warm")
                    add(cost, on.bench, (provider.tree,), partial(send, made[what](count)))
    return bare, providers


def table(bare: Cost, providers: list[Provider]) -> str:
    """In Markdown."""
    ours, *others = providers
    head = ["goal", "**to bare Flask**", "CPU s per 1000", "PostgreSQL's", "p50 ms"]
    for other in others:
        head += [other.name, "**ours to it**"]
    lines = [f"| what | {' | '.join(head)} |", f"|---|{'--:|' * len(head)}"]
    lines.append(
        f"| {bare.name} | | 1.00 | {bare.per_thousand:.2f} | | {bare.milliseconds(0.5):.1f} |{' |' * 2 * len(others)}"
    )
    for what, goal in GOALS.items():
        cost = ours.costs[what]
        cells = [f"{goal}×", f"{cost.per_thousand / bare.per_thousand:.2f}", f"{cost.per_thousand:.2f}"]
        cells += [f"{cost.database_per_thousand:.2f}", f"{cost.milliseconds(0.5):.1f}"]
        for other in others:
            theirs = other.costs.get(what)
            cells += [f"{theirs.per_thousand:.2f}", f"{cost.cpu / theirs.cpu:.2f}"] if theirs else ["", ""]
        lines.append(f"| {what} | {' | '.join(cells)} |")
    each = sum(ours.costs[what].per_thousand for what in ("silent authorization", "code redemption"))
    return "\n".join([*lines, "", f"Grants per second of a core: {1000 / each:.0f} (goal: {GRANTS_PER_SECOND})"])


def _ours(on: Stage) -> Provider:
    client_id, secret = _registered(on, "--redirect-uri", REDIRECT_URI)
    provider = Provider(
        "Portico",
        on.web,
        on.host,
        client_id,
        secret,
        authorize="/oauth/authorize",
        token="/oauth/token",  # noqa: S106 - a path
        userinfo="/oauth/userinfo",
        keys="/oauth/jwks",
        cookies=session_cookies(on.visits(1)),
    )
    on.wait_for_queue()
    provider.check = _forward_auth(on, provider.cookies)
    return provider


def _registered(on: Stage, *options: str) -> tuple[str, str]:
    """Client id and secret of a new application; the secret is empty if it has none."""
    printed = on.bench.flask("applications", "create", f"Bench {options[0]}", *options).splitlines()
    values = dict(line.rsplit(None, 1) for line in printed if line)
    return values["client ID"], values.get("client secret", "")


def _forward_auth(on: Stage, cookies: str) -> Load:
    """The check of a browser that has signed in to a protected application."""
    client_id, _none = _registered(on, "--kind", "forward-auth", "--start-url", f"{PROTECTED}/")
    connection = Connection(on.web.port)
    own: dict[str, str] = {}

    def get(address: str) -> str:
        """Where it redirects to; adds the cookies of the protected host."""
        parts = urlsplit(address)
        is_protected = address.startswith(PROTECTED)
        sent = "; ".join(f"{name}={value}" for name, value in own.items()) if is_protected else cookies
        headers = {"Host": parts.netloc, "Cookie": sent, "User-Agent": "Firefox Linux"}
        (request,) = requests_of(Load(on.web.port, [f"{parts.path}?{parts.query}"], 1, headers))
        _status, head, _body = connection.ask(request)
        if is_protected:
            own.update(cookie.decode().split("=", 1) for cookie in COOKIE.findall(head))
        found = LOCATION.search(head)
        assert found, head
        return found[1].decode()

    get(get(get(f"{PROTECTED}/.portico/{client_id}/start")))
    connection.close()
    sent = "; ".join(f"{name}={value}" for name, value in own.items() if value)
    headers = {"Host": urlsplit(PROTECTED).netloc, "Cookie": sent, "X-Forwarded-Uri": "/"}
    return Load(on.web.port, [f"/forward-auth/{client_id}"], REQUESTS, headers, status=204)


def _peers(on: Stage) -> list[Provider]:
    values = {"CLIENT_ID": "bench", "CLIENT_SECRET": secrets.token_urlsafe(32), "REDIRECT_URI": REDIRECT_URI}

    def running(peer: Peer, session: str, authorize: str, token: str, userinfo: str, keys: str) -> Provider:
        port = free_port()
        tree, host = start(on.bench, peer, port, **values), f"localhost:{port}"
        known = values["CLIENT_ID"], values["CLIENT_SECRET"]
        provider = Provider(peer.name, tree, host, *known, authorize, token, userinfo, keys)
        provider.cookies = _cookies_after(provider, session or provider.silent.paths[0].replace("&prompt=none", ""))
        return provider

    node = Peer("oidc-provider", "oidc-provider", is_node=True)
    flask = Peer("canaille", "canaille")
    addresses = {
        node.folder: ("", "/auth", "/token", "/me", "/jwks"),
        flask.folder: ("/session", "/oauth/authorize", "/oauth/token", "/oauth/userinfo", "/oauth/jwks.json"),
    }
    return [running(peer, *addresses[peer.folder]) for peer in installed((node, flask))]


def _cookies_after(provider: Provider, path: str) -> str:
    """The cookies of a browser that opened the path, and followed redirects up to the application."""
    connection = Connection(provider.tree.port)
    kept: dict[str, str] = {}
    for _ in range(MOST_REDIRECTS):
        headers = {"Host": provider.host, "Cookie": "; ".join(f"{name}={value}" for name, value in kept.items())}
        (request,) = requests_of(Load(provider.tree.port, [path], 1, headers))
        _status, head, _body = connection.ask(request)
        kept |= dict(cookie.decode().split("=", 1) for cookie in COOKIE.findall(head))
        found = LOCATION.search(head)
        if not found or found[1].decode().startswith(REDIRECT_URI):
            break
        parts = urlsplit(found[1].decode())
        path = parts.path + (f"?{parts.query}" if parts.query else "")
    connection.close()
    return "; ".join(f"{name}={value}" for name, value in kept.items() if value)


def _answers(load: Load) -> list[tuple[bytes, bytes]]:
    """Head and body of each response."""
    connection = Connection(load.port)
    requests = requests_of(load)
    found = [connection.ask(requests[number % len(requests)])[1:] for number in range(load.count)]
    connection.close()
    return found


def _code(head: bytes) -> str:
    found = LOCATION.search(head)
    assert found, head
    return parse_qs(urlsplit(found[1].decode()).query)["code"][0]
