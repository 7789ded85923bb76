"""The command `flask`: Flask's own, which reads `.env` first of all, and ends with a traceback if it isn't text."""

import sys
from pathlib import Path

import dotenv
from flask.cli import main as flask_main

from app.core.garbage_collection import pause_collections, skip_last_collection


def main() -> None:
    pause_collections()
    skip_last_collection()
    for name in (".flaskenv", ".env"):
        file = dotenv.find_dotenv(name, usecwd=True)
        if file and (fault := _fault(Path(file))):
            sys.exit(f"{file}: {fault}")
    flask_main()


def _fault(file: Path) -> str | None:
    try:
        file.read_text("utf-8")
    except OSError:
        return "can’t be read; correct its permissions"
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return f"isn’t UTF-8 (line {line}); save it as UTF-8"
    return None
