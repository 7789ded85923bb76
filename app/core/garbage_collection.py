"""Python's garbage collector, where it finds nothing: what a process imports and creates at its start stays to the end.

Of the CPU time of `create_app()` collections took an eighth, as of that of a command, and the one at the end of the
process a quarter.
"""

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager


def pause_collections() -> None:
    """No collections until the process has created its application, if it creates one (`paused_collections`)."""
    gc.disable()


@contextmanager
def paused_collections() -> Iterator[None]:
    """No collections meanwhile, but from then on."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def skip_last_collection() -> None:
    """The process ends without a collection: the system frees its memory at once."""
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)
