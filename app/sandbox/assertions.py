"""Client assertions that were seen: none may come twice."""

import threading
import time


class SeenAssertions:
    """The `jti`s of assertions that are still alive."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: dict[str, float] = {}

    def first_time(self, jti: str, until: float) -> bool:
        """Remembers it until that Unix second; False if it is known already."""
        with self._lock:
            now = time.time()
            self._until = {known: end for known, end in self._until.items() if end > now}
            if jti in self._until:
                return False
            self._until[jti] = until
            return True
