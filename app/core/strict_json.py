"""The only JSON parser: request bodies, form fields, Microsoft's responses, tokens, files and our encrypted states.

Refuses what parsers interpret differently or fail on: excessive nesting, duplicate keys, NaN and infinite numbers, and
bytes that are not UTF-8 (RFC 8259).
"""

import json
import math
from typing import Any, TypeVar

MAX_DEPTH = 32
"""More than any document of ours or Microsoft's has, and far below Python's recursion limit."""

Shape = TypeVar("Shape")


class InvalidJson(ValueError):
    """What is wrong with a text; the message quotes nothing of it. `reason` is a stable name."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"invalid JSON: {reason}")
        self.reason = reason


def read(content: str | bytes) -> Any:
    """The value of a JSON text. Raises InvalidJson."""
    try:
        # A lone surrogate in a text was a byte that is not UTF-8.
        text = content.decode() if isinstance(content, bytes) else content
        if not text.isascii():
            text.encode()
        value = json.loads(
            text, object_pairs_hook=_unique_keys, parse_constant=_no_constant, parse_float=_finite_number
        )
    except InvalidJson:
        raise
    except UnicodeError:
        raise InvalidJson("encoding") from None
    except RecursionError:
        raise InvalidJson("too_deep") from None
    except ValueError:
        raise InvalidJson("malformed") from None
    _check_depth(value)
    return value


def read_object(content: str | bytes) -> dict[str, Any]:
    """The same for an object. Raises InvalidJson."""
    value = read(content)
    if not isinstance(value, dict):
        raise InvalidJson("not_an_object")
    return value


def read_as(shape: type[Shape], content: str | bytes) -> Shape:
    """An object with exactly the fields of a dataclass. Raises InvalidJson, also for fields of another version of the
    application.
    """
    values = read_object(content)
    try:
        return shape(**values)
    except TypeError:
        raise InvalidJson("fields") from None


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise InvalidJson("duplicate_key")
    return value


def _no_constant(_name: str) -> float:
    raise InvalidJson("not_a_number")


def _finite_number(text: str) -> float:
    # 1e999 is valid JSON, but infinite as a float.
    number = float(text)
    if not math.isfinite(number):
        raise InvalidJson("not_a_number")
    return number


def _check_depth(value: Any) -> None:
    """Level by level, so that the check itself doesn't recurse."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(MAX_DEPTH):
        if not level:
            return
        level = [
            child
            for container in level
            for child in (container.values() if isinstance(container, dict) else container)
            if isinstance(child, dict | list)
        ]
    if level:
        raise InvalidJson("too_deep")
