"""The keys with which Portico signs tokens. Keys are named by their ids."""

from dataclasses import dataclass

from app.audit.events.base import Event


@dataclass(frozen=True, kw_only=True)
class SigningKeysAdded(Event, name="signing_keys.added"):
    """They are published, and sign from a moment on."""

    keys: list[str]
    signs_from: str
    """In ISO format."""
    automatic: bool
    """The first ones, and those that followed on time; otherwise by a command."""


@dataclass(frozen=True, kw_only=True)
class SigningKeysReplaced(Event, name="signing_keys.replaced"):
    """Leaked keys are deleted, and new ones sign at once."""

    keys: list[str]
    deleted: list[str]
