"""Drills: simulated faults, and the stages at which they occur.

A drill applies at a *stage* of the work on a request. Its effect is a function of the stage's subject (None where there
is nothing to change yet) and of the active drill; it returns the subject, changed or not, or raises Refused (an Entra
ID error) or Interrupted (any other response).
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from flask import Response

Stage = Literal[
    "discovery",  # the discovery document is requested
    "keys",  # the key set is requested
    "authorize",  # the authorization request is valid so far
    "account",  # an account was picked
    "consent",  # subject: whether consent is needed
    "token",  # tenant and application are known, the client is not authenticated yet
    "refresh",  # as "token", for refresh tokens only
    "signing",  # before tokens are signed; subject: the function that rotates the tenant's keys
    "id_token",  # subject: the ID token's defects (none)
    "token_response",  # subject: the response as a dict
    "graph",  # a request with a valid bearer token
    "graph_delta",  # a request with a link of /users/delta; subject: the address that starts again
    "graph_me",  # subject: the person's document
    "dataverse",  # a request with a valid bearer token
    "dataverse_page",  # subject: the page as a dict
]
DIRECTORY: tuple[Stage, ...] = ("discovery", "keys", "authorize", "token")


class Interrupted(Exception):
    """Replaces the request's response with `response`."""

    def __init__(self, response: Response) -> None:
        self.response = response


class UnknownDrill(LookupError):
    """There is no drill with this name, or none is active."""


Effect = Callable[[Any, "Active"], Any]


@dataclass(frozen=True)
class Drill:
    """A row of the table: name, description, stage and effect of a drill."""

    name: str
    group: str
    title: str
    sentence: str
    stages: tuple[Stage, ...]
    effect: Effect
    defaults: Mapping[str, Any] = field(default_factory=dict)
    times: int | None = None
    code: int | None = None


@dataclass
class Active:
    """An active drill: for one tenant, application or person, or for all; `times` more times, or until stopped."""

    drill: Drill
    tenant: str | None = None
    client_id: str | None = None
    person: str | None = None
    times: int | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The drill's own, except that `at` moves an error to or from the token endpoint."""
        at = self.parameters.get("at")
        if at == "token":
            return ("token",)
        return ("account",) if at and self.drill.stages == ("token",) else self.drill.stages

    def scope(self) -> tuple[str, str | None, str | None, str | None]:
        """The key that identifies an active drill."""
        return self.drill.name, self.tenant, self.client_id, self.person

    def applies_to(self, tenant: str | None, client_id: str | None, person: str | None) -> bool:
        """Whether the drill applies to this request's tenant, application and person."""
        pairs = ((self.tenant, tenant), (self.client_id, client_id), (self.person, person))
        return all(wanted is None or wanted == actual for wanted, actual in pairs)

    def document(self) -> dict[str, Any]:
        """The control API's representation."""
        shown = {"name": self.drill.name, "tenant": self.tenant, "client_id": self.client_id, "person": self.person}
        return shown | {"times": self.times} | self.parameters


class Drills:
    """The active drills."""

    def __init__(self, table: Mapping[str, Drill]) -> None:
        self.table = table
        self._lock = threading.Lock()
        self._active: list[Active] = []

    def active(self) -> list[Active]:
        """A copy of the list."""
        with self._lock:
            return list(self._active)

    def start(self, document: Mapping[str, Any]) -> Active:
        """Starts a drill and replaces the same drill with the same scope; raises UnknownDrill."""
        given = dict(document)
        name = given.pop("name", None)
        if name not in self.table:
            raise UnknownDrill(f"unknown drill {name!r}; available: {', '.join(self.table)}")
        drill = self.table[name]
        scope = {key: given.pop(key, None) for key in ("tenant", "client_id", "person")}
        active = Active(drill, **scope, times=given.pop("times", drill.times), parameters={**drill.defaults, **given})
        with self._lock:
            self._active = [other for other in self._active if other.scope() != active.scope()] + [active]
        return active

    def stop(self, name: str | None = None, tenant: str | None = None) -> None:
        """Stops all drills, or those with that name (and tenant); held requests continue."""
        with self._lock:
            ending = [
                active
                for active in self._active
                if name in (None, active.drill.name) and tenant in (None, active.tenant)
            ]
            self._active = [active for active in self._active if active not in ending]
        for active in ending:
            active.stopped.set()

    def _take(self, stage: Stage, tenant: str | None, client_id: str | None, person: str | None) -> list[Active]:
        if not self._active:
            return []
        with self._lock:
            matching = [
                active
                for active in self._active
                if stage in active.stages and active.applies_to(tenant, client_id, person)
            ]
            for active in matching:
                if active.times is not None:
                    active.times -= 1
            self._active = [active for active in self._active if active.times is None or active.times > 0]
        return matching

    def perform(
        self,
        stage: Stage,
        subject: Any = None,
        *,
        tenant: str | None = None,
        client_id: str | None = None,
        person: str | None = None,
    ) -> Any:
        """Applies the active drills of this stage; returns the subject. Raises Refused and Interrupted."""
        for active in self._take(stage, tenant, client_id, person):
            subject = active.drill.effect(subject, active)
        return subject
