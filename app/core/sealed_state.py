"""State that leaves the server and comes back: in a cookie, a form, a page or a task.

It is encrypted, names what it is for, is bound to where it belongs (a browser, a person, a record), and expires. One
that was changed, belongs elsewhere, or was written by another version of the application is invalid.
"""

import json
import time
from dataclasses import fields
from typing import TYPE_CHECKING, Generic, TypeVar

from app.core import strict_json
from app.core.database import encryptor
from app.core.encryption import DecryptionError
from app.core.strict_json import InvalidJson

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Shape = TypeVar("Shape", bound="DataclassInstance")


class InvalidState(Exception):
    """The state was changed, is for another purpose or binding, or has expired."""


class ExpiredState(InvalidState, Generic[Shape]):
    """The state is genuine but too old; `value` tells where to start again."""

    def __init__(self, value: Shape) -> None:
        super().__init__("expired")
        self.value = value


class SealedState(Generic[Shape]):
    """One kind of such state. `shape` is a dataclass whose fields JSON can hold; `lifetime` is in seconds."""

    def __init__(self, purpose: str, shape: type[Shape], *, lifetime: int) -> None:
        self.purpose = purpose
        self.lifetime = lifetime
        self._shape = shape
        self._names = [one.name for one in fields(shape)]

    def encrypt(self, value: Shape, binding: str, *, lifetime: int | None = None) -> str:
        """`binding` is what decryption has to be given again. `lifetime`, in seconds, replaces the kind's own."""
        until = int(time.time()) + (self.lifetime if lifetime is None else lifetime)
        plain = {name: getattr(value, name) for name in self._names}
        text = json.dumps({"until": until, "value": plain}, separators=(",", ":"))
        return encryptor().encrypt(text, f"{self.purpose}:{binding}")

    def decrypt(self, encrypted: str | None, binding: str) -> Shape:
        """Raises InvalidState, and ExpiredState if only the time is over."""
        try:
            held = strict_json.read_object(encryptor().decrypt(encrypted or "", f"{self.purpose}:{binding}"))
            value, is_over = self._shape(**held["value"]), time.time() > held["until"]
        except (DecryptionError, InvalidJson, KeyError, TypeError):
            raise InvalidState("changed, or of another purpose, binding or version") from None
        if is_over:
            raise ExpiredState(value)
        return value

    def find(self, encrypted: str | None, binding: str) -> Shape | None:
        """The same; None if it is invalid or expired."""
        try:
            return self.decrypt(encrypted, binding)
        except InvalidState:
            return None

    def find_expired(self, encrypted: str | None, binding: str) -> Shape | None:
        """The value of a genuine but expired state."""
        try:
            self.decrypt(encrypted, binding)
        except ExpiredState as expired:
            value: Shape = expired.value
            return value
        except InvalidState:
            pass
        return None
