"""Filters for notes and times."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.http.template_filters import show_note, show_time


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
def test_note_is_plain_text(text: str, shown: str) -> None:
    assert show_note(text) == shown


def test_url_becomes_a_link_without_referrer() -> None:
    shown = show_note("See https://help.example/a?b=1&c=2.")
    link = "https://help.example/a?b=1&amp;c=2"
    assert shown == f'<p>See <a href="{link}" rel="noopener noreferrer nofollow">{link}</a>.</p>'


def link_to(address: str) -> str:
    return f'<a href="{address}" rel="noopener noreferrer nofollow">{address}</a>'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://help.example/Login_(intranet)", link_to("https://help.example/Login_(intranet)")),
        ("(https://help.example/Login_(intranet))", f"({link_to('https://help.example/Login_(intranet)')})"),
        ("(see https://help.example/a)", f"(see {link_to('https://help.example/a')})"),
        ("(see https://help.example/a).", f"(see {link_to('https://help.example/a')})."),
        ("[https://help.example/a[1]]", f"[{link_to('https://help.example/a[1]')}]"),
        ("“https://help.example/a”", f"“{link_to('https://help.example/a')}”"),
        ("„https://help.example/a“", f"„{link_to('https://help.example/a')}“"),
        ("»https://help.example/a«", f"»{link_to('https://help.example/a')}«"),
        ("‘https://help.example/a’.", f"‘{link_to('https://help.example/a')}’."),
        ("https://help.example/a…", f"{link_to('https://help.example/a')}…"),
        ("https://help.example/a。", f"{link_to('https://help.example/a')}。"),
        ("HTTPS://help.example/A", link_to("HTTPS://help.example/A")),
        ("Http://help.example", link_to("Http://help.example")),
        ("https://help.example/Müller/日本", link_to("https://help.example/Müller/日本")),
        ("https://x", link_to("https://x")),
        ("ftp://help.example", "ftp://help.example"),
        ("xhttps://help.example", "xhttps://help.example"),
        ("https://", "https://"),
        ("https://)", "https://)"),
        ("www.", "www."),
        ("www.intranet", "www.intranet"),
        ("awww.help.example", "awww.help.example"),
        ("mail@www.help.example", "mail@www.help.example"),
    ],
)
def test_link_ends_where_a_reader_expects(text: str, shown: str) -> None:
    assert show_note(text) == f"<p>{shown}</p>"


@pytest.mark.parametrize("text", ["www.help.example/a", "WWW.help.example", "www.müller.example"])
def test_address_without_scheme_is_linked_with_https(text: str) -> None:
    link = f'<a href="https://{text}" rel="noopener noreferrer nofollow">{text}</a>'
    assert show_note(f"See {text}, please.") == f"<p>See {link}, please.</p>"


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
def test_url_cannot_break_out_of_its_link(text: str) -> None:
    shown = str(show_note(text))
    assert "<script" not in shown
    assert 'href="javascript' not in shown
    assert shown.count('"') in (0, 4), "nothing but href and rel is quoted"


@given(st.text(alphabet=st.sampled_from("<>\"'&:/ \n.ahtpsHTTPSw()[]{}=onclick“”")))
def test_no_text_creates_other_tags_or_attributes(text: str) -> None:
    import html5lib

    tree = html5lib.parseFragment(str(show_note(text)), namespaceHTMLElements=False)
    for element in tree.iter():
        assert element.tag in ("DOCUMENT_FRAGMENT", "p", "br", "a")
        assert set(element.attrib) <= {"href", "rel"}
        assert element.attrib.get("href", "http").lower().startswith("http")


def test_time_in_any_zone_is_shown_in_utc() -> None:
    moment = datetime(2026, 3, 4, 1, 2, tzinfo=UTC)
    assert show_time(moment) == show_time(moment.astimezone(timezone(timedelta(hours=9)))) == "4 Mar 2026, 01:02 UTC"
