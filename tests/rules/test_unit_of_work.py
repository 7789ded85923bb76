"""Only a unit of work commits."""

import re

from app.settings import ROOT

COMMITS = re.compile(r"\bsession(?:\(\))?\.commit\(|super\(\)\.commit\(")


def test_only_unit_of_work_commits() -> None:
    found = [
        path.relative_to(ROOT).as_posix()
        for folder in ("app", "bench", "demo")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for _ in COMMITS.finditer(path.read_text())
    ]
    # The session commits twice: for a unit of work, and to return the connection after reading.
    assert found == ["app/core/session.py", "app/core/session.py", "app/core/unit_of_work.py"]
