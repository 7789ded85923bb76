"""The admins' guide matches the application. `python -m tests.connections.test_guide` rewrites its table."""

import re
from itertools import groupby

from app.connections.forms import LINK_DAYS
from app.entra.error_codes import ADVICE, Advice
from app.settings import ROOT

GUIDE = ROOT / "docs" / "connect-entra.md"
TABLE = re.compile(r"(?<=<!-- table -->\n).*?(?=<!-- /table -->)", re.DOTALL)


def table() -> str:
    """Codes with the same advice share a row, as they are grouped in the source."""
    rows = [
        f"| {', '.join(str(code) for code, _ in group)} | {_cell(advice.title)} | {_cell(advice.admin)} |"
        for advice, group in _grouped()
    ]
    return "\n".join(["| AADSTS | What people read | What to do |", "|---|---|---|", *rows, ""])


def _grouped() -> list[tuple[Advice, list[tuple[int, Advice]]]]:
    return [(advice, list(group)) for advice, group in groupby(ADVICE.items(), key=lambda item: item[1])]


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def test_guide_table_matches_error_advice() -> None:
    found = TABLE.search(GUIDE.read_text())
    assert found
    assert found[0] == table(), "rewrite it with: python -m tests.connections.test_guide"


def test_guide_names_setup_link_lifetimes() -> None:
    days = list(LINK_DAYS)
    assert f"for {', '.join(days[:-1])} or {days[-1]} days" in GUIDE.read_text()


if __name__ == "__main__":
    GUIDE.write_text(TABLE.sub(lambda _: table(), GUIDE.read_text()))
