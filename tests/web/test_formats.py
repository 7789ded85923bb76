"""Notes and times as people see them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.formats import show_note, show_time


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("Hello", "<p>Hello</p>"),
        ("a\nb", "<p>a<br>b</p>"),
        ("a\n\n \nb", "<p>a</p><p>b</p>"),
        ("a & b <c>", "<p>a &amp; b &lt;c&gt;</p>"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("javascript:alert(1)", "<p>javascript:alert(1)</p>"),
        ("data:text/html,x", "<p>data:text/html,x</p>"),
        ("{{ 7 * 7 }}", "<p>{{ 7 * 7 }}</p>"),
    ],
)
def test_a_note_is_plain_text(text: str, shown: str) -> None:
    assert show_note(text) == shown


def test_a_web_address_becomes_a_link_that_tells_the_other_side_nothing() -> None:
    shown = show_note("See https://help.example/a?b=1&c=2.")
    link = "https://help.example/a?b=1&amp;c=2"
    assert shown == f'<p>See <a href="{link}" rel="noopener noreferrer nofollow">{link}</a>.</p>'


@pytest.mark.parametrize(
    "text",
    [
        'https://x.example/"onmouseover="alert(1)',
        "https://x.example/'onmouseover='alert(1)",
        "https://x.example/<script>alert(1)</script>",
        "http://javascript:alert(1)",
        "https://x.example/javascript:alert(1)",
        "java\nscript:alert(1) https://a.example",
    ],
)
def test_no_address_breaks_out_of_its_link(text: str) -> None:
    shown = str(show_note(text))
    assert "<script" not in shown
    assert 'href="javascript' not in shown
    assert shown.count('"') in (0, 4), "nothing but href and rel is quoted"


@given(st.text(alphabet=st.sampled_from("<>\"'&:/ \n.ahtps()[]{}=onclick")))
def test_no_text_makes_a_tag_or_an_attribute_of_its_own(text: str) -> None:
    import html5lib

    tree = html5lib.parseFragment(str(show_note(text)), namespaceHTMLElements=False)
    for element in tree.iter():
        assert element.tag in ("DOCUMENT_FRAGMENT", "p", "br", "a")
        assert set(element.attrib) <= {"href", "rel"}
        assert element.attrib.get("href", "http").startswith("http")


def test_a_time_is_shown_in_utc_whatever_its_zone() -> None:
    moment = datetime(2026, 3, 4, 1, 2, tzinfo=UTC)
    assert show_time(moment) == show_time(moment.astimezone(timezone(timedelta(hours=9)))) == "4 Mar 2026, 01:02 UTC"
