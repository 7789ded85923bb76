"""The state of a sandbox: all of it in memory, in one process."""

from flask import current_app

from app.sandbox.addresses import Addresses
from app.sandbox.directory import Directory
from app.sandbox.drill_table import DRILLS
from app.sandbox.drills import Drills
from app.sandbox.grants import Grants
from app.sandbox.journal import Journal
from app.sandbox.keys import Keys


class Sandbox:
    """What the endpoints work on. Each part guards itself with a lock of its own."""

    def __init__(self, addresses: Addresses) -> None:
        self.addresses = addresses
        self.journal = Journal()
        self.drills = Drills(DRILLS)
        self.reset()

    def reset(self) -> None:
        """Back to the seed: directory and keys as at the start; no sessions, grants, drills or journal."""
        self.drills.stop()
        self.journal.clear()
        self.directory = Directory()
        self.keys = Keys()
        self.grants = Grants()


def sandbox() -> Sandbox:
    """The state of the sandbox that serves this request."""
    state = current_app.extensions["sandbox"]
    if not isinstance(state, Sandbox):
        raise TypeError("this application is no sandbox")
    return state
