"""CSV files for spreadsheet programs: text that people entered is never evaluated as a formula."""

import csv
import io

import pytest

from app.http.spreadsheets import csv_text, harmless
from app.settings import ROOT

SIGNS = "=+-@＝＋－＠﹦﹢﹣﹫⁼⁺⁻₌₊₋−"
BEFORE = ["", " ", "\t", "\r", "\n", "\r\n", "\u00a0", "\u3000", "\ufeff", "\u200b", "\u2028", " \n\u200e\t"]


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("before", BEFORE)
def test_formula_behind_blanks_or_in_wide_form_is_escaped(sign: str, before: str) -> None:
    assert harmless(f"{before}{sign}1+1|cmd").startswith("'")


@pytest.mark.parametrize("split", [";", "\n", "\r"])
@pytest.mark.parametrize("sign", SIGNS)
def test_formula_in_any_part_of_a_split_cell_is_escaped(sign: str, split: str) -> None:
    """In many locales cells are separated by semicolons; such programs split inside quotes that others respect."""
    assert harmless(f"a{split} {sign}1+1{split}b") == f"a{split}' {sign}1+1{split}b"


@pytest.mark.parametrize(
    "text", ["a=1", "Smith-Jones", "a@b.example", "1 + 1", "+44 20 7946", "+4915112345", "", "x; y"]
)
def test_other_text_stays_unchanged(text: str) -> None:
    assert harmless(text) == text


def test_plus_sign_and_words_are_not_a_phone_number() -> None:
    assert harmless("+44 = 1") == "'+44 = 1"


def test_every_cell_is_quoted_and_round_trips() -> None:
    row = ["a", 1, None, 'say "hi"; or\nnot', "", "x,y"]
    text = csv_text([row])
    assert text == '"a","1","","say ""hi""; or\nnot","","x,y"\r\n'
    assert next(csv.reader(io.StringIO(text, newline=""))) == ["a", "1", "", 'say "hi"; or\nnot', "", "x,y"]


def test_there_is_one_csv_writer() -> None:
    writers = [path for path in (ROOT / "app").rglob("*.py") if "csv.writer" in path.read_text()]
    writers += [path for path in (ROOT / "app").rglob("*.py") if "csv.DictWriter" in path.read_text()]
    assert [path.relative_to(ROOT).as_posix() for path in writers] == ["app/http/spreadsheets.py"]
