"""State kept between requests: codes, refresh tokens, sessions and consents."""

import secrets
import threading
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from sandbox.aadsts import Refused
from sandbox.model import Platform

CODE_LIFE = 600
SESSION_LIFE = 24 * 3600
REFRESH_LIFE = 90 * 24 * 3600
SPA_REFRESH_LIFE = 24 * 3600
MAX_ENTRIES = 50_000  # of each kind: benchmarks must not exhaust the memory


@dataclass(frozen=True)
class Grant:
    """A person's grant to an application: the common part of codes and refresh tokens. Times are Unix seconds."""

    tid: str
    client_id: str
    oid: str
    platform: Platform
    scopes: tuple[str, ...]
    sid: str
    signed_in_at: float
    includes_auth_time: bool = False
    """`auth_time` was requested, with prompt=login or max_age."""


@dataclass
class Code:
    """An authorization code: valid for ten minutes, redeemable once."""

    grant: Grant
    redirect_uri: str
    nonce: str | None
    challenge: str | None
    challenge_method: str
    used: bool = False
    issued_at: float = field(default_factory=time.time)


@dataclass(frozen=True)
class RefreshToken:
    """A refresh token. Entra ID issues a new one with each response; the old one stays valid until it expires."""

    grant: Grant
    expires_at: float
    issued_at: float = field(default_factory=time.time)


@dataclass(frozen=True)
class Session:
    """A person's session at the sandbox in one browser, in one tenant."""

    tid: str
    oid: str
    sid: str
    at: float = field(default_factory=time.time)
    client_ids: set[str] = field(default_factory=set)
    """The applications to which the person signed in."""


class Grants:
    """All grants, in memory."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._codes: dict[str, Code] = {}
        self._refresh: dict[str, RefreshToken] = {}
        self._sessions: dict[str, Session] = {}
        self._consents: dict[tuple[str, str], frozenset[str]] = {}
        self._revoked_at: dict[str, float] = {}

    def _add(self, store: dict, value: object, prefix: str = "") -> str:
        name = prefix + secrets.token_urlsafe(64)
        with self._lock:
            if len(store) >= MAX_ENTRIES:
                del store[next(iter(store))]
            store[name] = value
        return name

    def issue_code(self, code: Code) -> str:
        """Stores the code and returns its opaque value."""
        return self._add(self._codes, code, "1.")

    def find_code(self, code: str) -> Code | None:
        """Looks up a code without redeeming it."""
        return self._codes.get(code)

    def redeem(self, code: Code) -> None:
        """Marks it used; raises Refused (AADSTS54005) the second time, (70008) when it has expired."""
        with self._lock:
            if code.used:
                raise Refused(54005)
            if time.time() > code.issued_at + CODE_LIFE:
                raise Refused(70008)
            code.used = True

    def issue_refresh(self, grant: Grant, expires_at: float | None = None) -> str:
        """Issues a refresh token. A single-page application's keeps the expiry of its first one (24 hours)."""
        life = SPA_REFRESH_LIFE if grant.platform == "spa" else REFRESH_LIFE
        return self._add(self._refresh, RefreshToken(grant, expires_at or time.time() + life), "1.R")

    def refresh(self, token: str) -> RefreshToken:
        """Raises Refused for an unknown token (9002313), and one that has expired (700082, 700084) or was revoked
        (50173).
        """
        found = self._refresh.get(token)
        if found is None:
            raise Refused(9002313, error="invalid_grant")
        if self.was_revoked(found.grant.oid, found.issued_at):
            raise Refused(50173)
        if time.time() >= found.expires_at:
            issued = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(found.issued_at))
            raise Refused(700084 if found.grant.platform == "spa" else 700082, issued=issued)
        return found

    def revoke(self, oid: str) -> None:
        """Ends this person's refresh tokens and sessions, as a password reset does."""
        self._revoked_at[oid] = time.time()
        with self._lock:
            self._sessions = {name: session for name, session in self._sessions.items() if session.oid != oid}

    def was_revoked(self, oid: str, issued_at: float) -> bool:
        """Whether this person's tokens issued at that time were revoked since."""
        return self._revoked_at.get(oid, 0) >= issued_at

    def start_session(self, tid: str, oid: str) -> tuple[str, Session]:
        """The cookie's value, and the session."""
        session = Session(tid, oid, str(uuid.uuid4()))
        return self._add(self._sessions, session), session

    def session(self, name: str, tid: str) -> Session | None:
        """The tenant's session for that cookie, while it is valid."""
        found = self._sessions.get(name)
        return found if found and found.tid == tid and time.time() < found.at + SESSION_LIFE else None

    def end_session(self, name: str) -> None:
        """Deletes it, if it exists."""
        self._sessions.pop(name, None)

    def consented(self, client_id: str, oid: str) -> frozenset[str]:
        """The scopes that this person granted this application."""
        return self._consents.get((client_id, oid), frozenset())

    def consent(self, client_id: str, oid: str, scopes: Iterable[str]) -> None:
        """Adds scopes to the grant."""
        with self._lock:
            self._consents[client_id, oid] = self.consented(client_id, oid) | frozenset(scopes)
