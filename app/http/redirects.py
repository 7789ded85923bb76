"""Redirect targets that stay on this site."""

import re

# A path of printable ASCII that begins with one slash; a browser reads a second slash or a backslash as another host.
LOCAL_PATH = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")
LONGEST = 500


def safe_next(path: object) -> str:
    """The path if it stays on this site, else "/"."""
    return path if isinstance(path, str) and len(path) <= LONGEST and LOCAL_PATH.fullmatch(path) else "/"
