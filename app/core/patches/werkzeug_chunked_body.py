"""werkzeug: a chunked body above the limit is refused.

`LimitedStream.readall`, which reads JSON and forms, stops at the limit and returns what it has so far, as if the body
ended there: the last of 1,048,577 bytes is lost without an error, and what was cut off is processed.
"""

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wsgi import LimitedStream


class UncutStream(LimitedStream):
    """Raises RequestEntityTooLarge if there is more than the limit."""

    def readall(self) -> bytes:
        read = super().readall()
        if self.is_exhausted and self._stream.read(1):
            raise RequestEntityTooLarge
        return read
