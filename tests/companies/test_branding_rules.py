"""Names, contacts and links of a company's branding."""

import pytest

from app.companies.branding.rules import InvalidBranding, parse_contact, parse_name, parse_url
from app.core.branding import PORTICO, Background, Branding, Ground


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("", None),
        ("  Contoso   Ltd. ", "Contoso Ltd."),
        ("Con\u200btoso\u202e\x00", "Contoso"),
        ("شركة كونتوسو", "شركة كونتوسو"),
        ("Яндекс Russia", "Яндекс Russia"),
        ("コントソ Contoso", "コントソ Contoso"),
        ("<script>", "<script>"),
    ],
)
def test_name_is_cleaned(typed: str, shown: str | None) -> None:
    assert parse_name(typed) == shown


@pytest.mark.parametrize("typed", ["\u200b\u200b", "C\u043entoso", "\u0391pple", "x" * 61], ids=ascii)
def test_name_that_deceives_is_refused(typed: str) -> None:
    with pytest.raises(InvalidBranding):
        parse_name(typed)


@pytest.mark.parametrize(
    ("contact", "href"),
    [
        ("help@contoso.example", "mailto:help@contoso.example"),
        ("Help@Contoso.example", "mailto:help@contoso.example"),
        ("max@müller.example", "mailto:max@xn--mller-kva.example"),
        ("o'brien%20&co@contoso.example", "mailto:o%27brien%2520%26co@contoso.example"),
        ("+44 20 7946-0321", "tel:+442079460321"),
        ("(555) 010 99", "tel:55501099"),
        ("https://help.contoso.example/?a=1", "https://help.contoso.example/?a=1"),
        ("Service desk, room 4.12", None),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("a@b.example?subject=x&body=y", None),
        ("a@b.example, c@d.example", None),
    ],
)
def test_contact_becomes_a_link_where_it_is_one(contact: str, href: str | None) -> None:
    assert parse_contact(contact) == contact
    assert Branding(support_contact=contact).support_href == href


@pytest.mark.parametrize("typed", ["HTTPS://Contoso.example/Legal", "https://münchen.example/impressum#a"])
def test_https_address_is_kept(typed: str) -> None:
    parsed = parse_url(typed)
    assert parsed
    assert parsed.startswith("https://")


@pytest.mark.parametrize(
    "typed",
    [
        *("http://contoso.example", "javascript:alert(1)", "JaVaScRiPt://x/%0aalert(1)", "data:text/html,x"),
        *("//contoso.example", "contoso.example", "https://", "https://user@contoso.example", "https:contoso.example"),
        *("https://contoso.example/\n", "https://contoso.example/a b", "https://[::1", "https://x" + "/y" * 300),
    ],
)
def test_other_address_is_refused(typed: str) -> None:
    with pytest.raises(InvalidBranding):
        parse_url(typed)


def test_plain_http_contact_is_refused() -> None:
    with pytest.raises(InvalidBranding):
        parse_contact("http://help.contoso.example")


def test_stored_branding_is_read_as_it_was_and_nothing_is_stored_as_nothing() -> None:
    branding = Branding(accent="#123456", background=Background.IMAGE, logo_ground=Ground.DARK, logo_width=3)
    assert Branding.of_stored(branding.stored) == branding
    assert PORTICO.stored == {}
