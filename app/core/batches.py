"""Long lists in pieces: a statement takes only so many parameters, and a task only so much work."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def in_batches(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """The items in their order, up to `size` at a time, and no empty batch; Python 3.12 has `itertools.batched`."""
    return (items[start : start + size] for start in range(0, len(items), size))
