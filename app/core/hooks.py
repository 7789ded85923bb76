"""How packages further up take part in what those below them do, without being known to them."""

from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Hook(Generic[Value]):
    """Called with a value, it calls its handlers with it, in the order in which they were added.

    They run in the caller's transaction: they write rows and call no one outside. What one raises stops the caller.
    """

    def __init__(self) -> None:
        self._handlers: dict[Callable[[Value], object], None] = {}

    def add(self, handler: Callable[[Value], object]) -> None:
        """One that is added again is called once."""
        self._handlers[handler] = None

    def __call__(self, value: Value) -> None:
        for handler in self._handlers:
            handler(value)
