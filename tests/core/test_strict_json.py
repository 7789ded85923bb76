"""The JSON parser: rejects what parsers interpret differently or fail on."""

import json
import re
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.strict_json import MAX_DEPTH, InvalidJson, read, read_as, read_object
from app.settings import ROOT

BAD: dict[str, str | bytes] = {
    "deep lists": "[" * 10_000,
    "deep lists, closed": "[" * 10_000 + "]" * 10_000,
    "deep objects": '{"a":' * 10_000 + "1" + "}" * 10_000,
    "just too deep": "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1),
    "a key twice": '{"a": 1, "a": 2}',
    "a key twice, inside": '{"a": [{"b": 1, "b": 1}]}',
    "a key twice, escaped": '{"a": 1, "\\u0061": 2}',
    "NaN": '{"a": NaN}',
    "Infinity": "[Infinity]",
    "-Infinity": "[-Infinity]",
    "a number without an end": "[1e999]",
    "a number of 5,000 digits": "[" + "9" * 5000 + "]",
    "nothing": "",
    "half": '{"a": ',
    "two": "{} {}",
    "a control character": '"a\x00b"',
    "invalid UTF-8": b'{"a": "\xff"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "half a character": '{"a": "\udcff"}',
}

BAD_BYTES = {
    name: content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    for name, content in BAD.items()
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
def test_ambiguous_or_malformed_json_is_rejected(content: str | bytes) -> None:
    with pytest.raises(InvalidJson):
        read(content)


@pytest.mark.parametrize("content", ["null", "[]", "7", '"text"', "true"])
def test_non_object_is_rejected_where_object_is_expected(content: str) -> None:
    with pytest.raises(InvalidJson):
        read_object(content)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=20,
)


@given(ANY_JSON)
def test_valid_json_is_read_unchanged(value: Any) -> None:
    assert read(json.dumps(value)) == value
    assert read(json.dumps(value).encode()) == value


@dataclass(frozen=True)
class Point:
    x: int
    y: int = 0


def test_object_is_read_into_its_fields() -> None:
    assert read_as(Point, '{"x": 1}') == Point(1, 0)


@pytest.mark.parametrize("content", ["{}", '{"x": 1, "z": 2}', "[1]"])
def test_fields_of_another_version_are_rejected(content: str) -> None:
    with pytest.raises(InvalidJson):
        read_as(Point, content)


def test_no_other_module_parses_json() -> None:
    """`request.get_json` is allowed: the application's JSON provider uses the same parser."""
    other = re.compile(r"json\.loads?\(|JSONDecoder\(|from json import|\.json\(\)|orjson|simplejson")
    found = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "app").rglob("*.py")
        # The sandbox imports nothing of the application, and reads its own seed.
        if path.name != "strict_json.py" and "sandbox" not in path.parts and other.search(path.read_text())
    ]
    assert found == []
