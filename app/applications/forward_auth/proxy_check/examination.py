"""Attacks an application's proxy and reports. Requests go to the application's registered origin, and to ports of its
host that the operator names.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from urllib.parse import urlsplit

from app.applications.forward_auth.identity import TOKEN_HEADER, TOKEN_TYPE
from app.applications.forward_auth.proxy_check.attacks import (
    FORGED,
    NAVIGATION,
    PREFLIGHT,
    Attack,
    attacks,
    forged_names,
)
from app.applications.forward_auth.proxy_check.http_probe import Answer, Headers, NoAnswer, ask
from app.applications.forward_auth.proxy_check.listener import Listener
from app.applications.signing_keys.key_ring import InvalidToken, KeyRing
from app.applications.signing_keys.rotation import ES256

REFUSED = (400, 401, 403, 404, 405, 414, 421, 431, 501)
"""How a proxy, or we through it, refuse a request."""
LARGE = 3 * 1024 * 1024


class Outcome(StrEnum):
    OK = "OK"
    WARNING = "WARN"
    FAILED = "FAIL"
    SKIPPED = "SKIP"


@dataclass(frozen=True)
class Finding:
    outcome: Outcome
    name: str
    text: str = ""


@dataclass(frozen=True)
class Target:
    client_id: str
    origin: str
    issuer: str
    cookie: str = ""
    """The Cookie header of someone who is signed in; needed with a listener."""
    ports: tuple[int, ...] = ()
    """At which the application itself might be reached past its proxy."""


def examine(target: Target, listener: Listener | None) -> Iterator[Finding]:
    """`listener` takes the application's place behind the proxy."""
    try:
        yield _protection(target)
        yield _start(target)
        for attack in attacks(target.client_id):
            yield _refused(target, attack, listener)
        yield _preflight(target, listener)
    except NoAnswer as error:
        yield Finding(Outcome.FAILED, target.origin, f"doesn’t answer ({error}); start the proxy, and check its TLS")
        return
    yield from _past_the_proxy(target)
    if listener is None:
        text = "not checked; stop the application and run this with --listen and its address"
        yield Finding(Outcome.SKIPPED, "what the application receives", text)
    else:
        yield from _received(target, listener)


def _protection(target: Target) -> Finding:
    name, answer = "a visitor who is not signed in", ask(target.origin, "GET", "/", NAVIGATION)
    if answer.status == 401 and f"/.portico/{target.client_id}/start" in answer.text:
        return Finding(Outcome.OK, name)
    if answer.status in (500, 502, 503):
        return Finding(
            Outcome.FAILED, name, f"gets {answer.status}; the proxy can’t reach Portico, or is misconfigured"
        )
    return Finding(Outcome.FAILED, name, f"gets {answer.status} instead of the sign-in; the proxy doesn’t ask Portico")


def _start(target: Target) -> Finding:
    name, answer = "the start of a sign-in", ask(target.origin, "GET", f"/.portico/{target.client_id}/start")
    (location,) = answer.headers.get("location", [""])[:1]
    if answer.status != 303 or not location.startswith(f"{target.issuer}/oauth/authorize?"):
        text = f"gets {answer.status} {location[:100]}; the proxy has to pass /.portico/{target.client_id}/ to Portico"
        return Finding(Outcome.FAILED, name, text)
    if not any("portico-state." in cookie for cookie in answer.headers.get("set-cookie", [])):
        return Finding(Outcome.FAILED, name, "sets no cookie; the proxy has to pass Set-Cookie on")
    return Finding(Outcome.OK, name)


def _refused(target: Target, attack: Attack, listener: Listener | None) -> Finding:
    answer = _send(target, attack, listener)
    if listener and listener.taken():
        return Finding(Outcome.FAILED, attack.name, "reached the application")
    if answer is None or answer.status in REFUSED:
        return Finding(Outcome.OK, attack.name)
    return Finding(Outcome.FAILED, attack.name, f"gets {answer.status} instead of a refusal")


def _preflight(target: Target, listener: Listener | None) -> Finding:
    answer = _send(target, PREFLIGHT, listener)
    has_passed = bool(listener and listener.taken()) or (answer is not None and answer.status not in REFUSED)
    if has_passed:
        return Finding(Outcome.WARNING, PREFLIGHT.name, "passes; fine if the application takes requests of other sites")
    return Finding(Outcome.OK, PREFLIGHT.name)


def _send(target: Target, attack: Attack, listener: Listener | None) -> Answer | None:
    """None if the proxy closed the connection on it."""
    if listener:
        listener.taken()
    try:
        return ask(target.origin, attack.method, attack.path, attack.headers, b"" if attack.method == "POST" else None)
    except NoAnswer:
        # Still there, or was it this request?
        ask(target.origin, "GET", "/", NAVIGATION)
        return None


def _past_the_proxy(target: Target) -> Iterator[Finding]:
    host = urlsplit(target.origin).hostname
    for port in target.ports:
        name = f"port {port} of {host}"
        reached = [scheme for scheme in ("http", "https") if _answers(f"{scheme}://{host}:{port}")]
        if reached:
            text = "answers past the proxy; let the application listen on a loopback or private address only"
            yield Finding(Outcome.FAILED, name, text)
        else:
            yield Finding(Outcome.OK, name)


def _answers(origin: str) -> bool:
    try:
        ask(origin, "GET", "/")
    except NoAnswer:
        return False
    return True


def _received(target: Target, listener: Listener) -> Iterator[Finding]:
    """What arrives of a signed-in person's requests."""
    signed_in = (("Cookie", target.cookie),)
    listener.taken()
    ask(target.origin, "GET", "/", (*NAVIGATION, *signed_in, *FORGED))
    arrived = listener.taken()
    if len(arrived) != 1:
        text = "doesn’t arrive; is the cookie’s value current, and the listener’s address the proxy’s upstream?"
        yield Finding(Outcome.FAILED, "a signed-in request", text)
        return
    headers = arrived[0].headers
    if names := forged_names(headers):
        text = f"arrive: {', '.join(names[:5])}; use the printed configuration"
        yield Finding(Outcome.FAILED, "forged headers of a signed-in person", text)
    else:
        yield Finding(Outcome.OK, "forged headers of a signed-in person")
    has_cookie = any(name.lower() == "cookie" and "portico=" in value for name, value in headers)
    text = "arrives; the proxy has to replace Cookie by the check’s" if has_cookie else ""
    yield Finding(Outcome.FAILED if has_cookie else Outcome.OK, "Portico’s cookie", text)
    yield _token(target, headers)
    yield from _bodies(target, listener, signed_in)


def _token(target: Target, headers: list[tuple[str, str]]) -> Finding:
    token = next((value for name, value in headers if name.lower() == TOKEN_HEADER.lower()), "")
    try:
        is_right = KeyRing().verify(token, (ES256,), TOKEN_TYPE)["aud"] == target.client_id
    except InvalidToken:
        is_right = False
    return Finding(
        Outcome.OK if is_right else Outcome.FAILED, TOKEN_HEADER, "" if is_right else "is missing or invalid"
    )


def _bodies(target: Target, listener: Listener, signed_in: Headers) -> Iterator[Finding]:
    large = bytes(range(256)) * (LARGE // 256)
    for name, body in (("a POST", b"a=b"), ("a large upload", large)):
        ask(target.origin, "POST", "/", signed_in, body)
        yield _body(name, body, listener)
    ask(target.origin, "POST", "/", signed_in, iter((b"a=b", large[:100_000])))
    yield _body("a chunked upload", b"a=b" + large[:100_000], listener)


def _body(name: str, sent: bytes, listener: Listener) -> Finding:
    arrived = listener.taken()
    is_whole = len(arrived) == 1 and arrived[0].body_hash == sha256(sent).hexdigest()
    return Finding(Outcome.OK if is_whole else Outcome.FAILED, name, "" if is_whole else "doesn’t arrive whole")
