"""An event that the application doesn't have, so that the catalog has no sentence for it."""

from dataclasses import dataclass

from app.audit.events.base import Event


@dataclass(frozen=True, kw_only=True)
class PigeonFlew(Event, name="pigeon.flew"):
    code: str
