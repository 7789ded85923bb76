"""Values that aren't tokens: malformed ones, and generated ones."""

import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.entra.errors import InvalidIdToken
from tests.entra import minting
from tests.entra.minting import TENANT, Kind, both_kinds, claims, header, reason, signed, token, validated


@both_kinds
@pytest.mark.parametrize("part", ["header", "payload"])
def test_duplicate_key_is_rejected(kind: Kind, part: str) -> None:
    head, payload = json.dumps(header()), json.dumps(kind.claims())
    if part == "header":
        head = head[:-1] + ', "kid": "key-1"}'
    else:
        payload = f'{{"tid": "{minting.OTHER_TENANT}",' + payload[1:]
    assert kind.reason(signed(head.encode(), payload.encode())) == "duplicate_key"


@both_kinds
def test_nested_duplicate_key_is_rejected(kind: Kind) -> None:
    payload = json.dumps(kind.claims())[:-1] + ', "xms": {"a": 1, "a": 2}}'
    assert kind.reason(signed(json.dumps(header()).encode(), payload.encode())) == "duplicate_key"


@both_kinds
def test_token_over_sixteen_kilobytes_is_rejected(kind: Kind) -> None:
    assert kind.reason(kind.token(filler="x" * 16 * 1024)) == "too_large"
    assert kind.reason("a" * (16 * 1024 + 1)) == "too_large"


@both_kinds
@pytest.mark.parametrize("part", ["header", "payload"])
@pytest.mark.parametrize("opening", ["[", '{"a":'], ids=["lists", "objects"])
def test_deeply_nested_json_is_rejected_with_a_reason(kind: Kind, part: str, opening: str) -> None:
    # Python's parser gives up at a depth that depends on who asks, so every depth around it is tried.
    for depth in [*range(820, 1000), 2000]:
        nest = opening * depth + "0" + ("]" if opening == "[" else "}") * depth
        texts = {"header": json.dumps(header()), "payload": json.dumps(kind.claims(exp=0))}
        texts[part] = f'{texts[part][:-1]}, "x": {nest}}}'
        unsigned = part == "header"
        found = kind.reason(
            signed(*(text.encode() for text in texts.values()), *([lambda message: b"x"] if unsigned else []))
        )
        assert found in ("malformed", "signature", "expired", "too_large")


GOOD = token()


@both_kinds
@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        7,
        b"a.b.c",
        ["a"],
        "not a token",
        "a.b",
        "a.b.c.d",
        "..",
        "a.b.c.d.e",
        "a.b.c",
        GOOD + "=",
        GOOD + " ",
        " " + GOOD,
        GOOD + "\n",
        GOOD.replace(".", "\n.", 1),
        GOOD + "\x00",
        "é" + GOOD,
        GOOD.replace(".", "=.", 1),
        "eyJ" * 40 + ".." + "x",
        signed(b"[]", b"{}"),
        signed(b'"RS256"', b"{}"),
        signed(b"\xff\xfe", b"{}"),
        signed(json.dumps(header()).encode(), b"[]"),
        signed(json.dumps(header()).encode(), b"null"),
        signed(json.dumps(header()).encode(), b"\xff"),
        signed(json.dumps(header()).encode(), b"{"),
        signed(json.dumps(header()).encode(), b" "),
        signed(json.dumps(header()).encode(), json.dumps(claims()).encode() + b"{}"),
    ],
    ids=lambda text: repr(text)[:8],
)
def test_text_that_is_not_a_token_is_rejected(kind: Kind, text: object) -> None:
    assert kind.reason(text) in ("missing", "malformed")


@given(st.integers(0, len(GOOD) - 2), st.characters())
def test_token_with_a_changed_character_is_rejected(place: int, character: str) -> None:
    # All but the last one, some of whose bits are unused in base64.
    assume(character != GOOD[place])
    reason(GOOD[:place] + character + GOOD[place + 1 :])


@given(st.integers(0, len(GOOD)), st.text(min_size=1))
def test_token_with_inserted_text_is_rejected(place: int, text: str) -> None:
    reason(GOOD[:place] + text + GOOD[place:])


@given(st.one_of(st.text(), st.binary(), st.integers(), st.lists(st.text())))
def test_any_value_is_rejected_with_a_reason(text: object) -> None:
    reason(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(sorted(claims())), JSON)
def test_signed_token_with_any_claim_value_is_accepted_or_rejected(claim: str, value: Any) -> None:
    try:
        assert validated(token(**{claim: value})).tid == TENANT
    except InvalidIdToken as refused:
        assert refused.reason  # noqa: PT017 - both are valid
