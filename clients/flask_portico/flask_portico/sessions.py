"""Who is signed in, on the server's side.

The browser's cookie has a random key and nothing else, and the store has what belongs to it. A cookie with the claims
themselves could not be ended by a back-channel logout, which arrives without a browser, and claims with an ID token
outgrow a cookie's 4 kB. The store is a SQLite file because that needs no further service, and because a logout that one
worker process receives must end the session for all of them, which memory could not. It has hashes of the keys, so that
a copy of it signs no one in.
"""

import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

SCHEMA = """
CREATE TABLE IF NOT EXISTS session (
  key TEXT PRIMARY KEY, sub TEXT NOT NULL, sid TEXT, claims TEXT NOT NULL, id_token TEXT NOT NULL,
  expires INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS session_sub ON session (sub);
CREATE INDEX IF NOT EXISTS session_sid ON session (sid);
CREATE TABLE IF NOT EXISTS spent (jti TEXT PRIMARY KEY, expires INTEGER NOT NULL);
"""


@dataclass(frozen=True)
class StoredSession:
    claims: Mapping[str, Any]
    id_token: str
    """Names the session to Portico at sign-out."""
    expires: int
    """Seconds since 1970."""


class SessionStore(Protocol):
    """Several hosts need a store that they share: implement these four over their database."""

    def save(self, key: str, session: StoredSession) -> None: ...

    def load(self, key: str) -> StoredSession | None:
        """None if it is unknown, was ended or has expired."""

    def delete(self, key: str) -> None: ...

    def end(self, *, jti: str, expires: int, sub: str | None, sid: str | None) -> bool:
        """Ends every session with this `sid`, or without one every session of `sub`.

        False, and ends nothing, if `jti` was used before; it must be remembered until `expires`.
        """


class SQLiteSessions:
    """A file that the worker processes of one host share."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        with self._database() as database:
            database.executescript(SCHEMA)

    def save(self, key: str, session: StoredSession) -> None:
        claims = session.claims
        row = (
            _hash(key),
            claims["sub"],
            claims.get("sid"),
            json.dumps(dict(claims)),
            session.id_token,
            session.expires,
        )
        with self._database() as database:
            database.execute("DELETE FROM session WHERE expires <= ?", [int(time.time())])
            database.execute("INSERT INTO session VALUES (?, ?, ?, ?, ?, ?)", row)

    def load(self, key: str) -> StoredSession | None:
        with self._database() as database:
            found = database.execute(
                "SELECT claims, id_token, expires FROM session WHERE key = ? AND expires > ?",
                [_hash(key), int(time.time())],
            ).fetchone()
        return StoredSession(json.loads(found[0]), found[1], found[2]) if found else None

    def delete(self, key: str) -> None:
        with self._database() as database:
            database.execute("DELETE FROM session WHERE key = ?", [_hash(key)])

    def end(self, *, jti: str, expires: int, sub: str | None, sid: str | None) -> bool:
        with self._database() as database:
            database.execute("DELETE FROM spent WHERE expires <= ?", [int(time.time())])
            if not database.execute("INSERT OR IGNORE INTO spent VALUES (?, ?)", [jti, expires]).rowcount:
                return False
            database.execute(
                "DELETE FROM session WHERE (? IS NULL OR sid = ?) AND (? IS NULL OR sub = ?)", [sid, sid, sub, sub]
            )
        return True

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        """One transaction, on a connection of its own: threads and forked processes must not share one."""
        with closing(sqlite3.connect(self.path, timeout=10)) as database, database:
            yield database


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
