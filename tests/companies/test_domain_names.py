"""The one form of a domain, and which domains no company can prove."""

import pytest

from app.companies.domains import names
from app.companies.domains.names import InvalidDomain, parse_domain


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        *((typed, "contoso.example") for typed in ("contoso.example", " Contoso.Example. ", "contoso\u3002example")),
        *((typed, "contoso.example") for typed in ("con\u200btoso.example", "\ufeffcontoso.example\u00ad")),
        ("m\u00fcller.example", "xn--mller-kva.example"),
        ("mu\u0308ller.example", "xn--mller-kva.example"),
        ("xn--mller-kva.example", "xn--mller-kva.example"),
        ("\u0441ontoso.example", "xn--ontoso-hrf.example"),
        ("fa\u00df.example", "xn--fa-hia.example"),
        ("a.b.contoso.co.uk", "a.b.contoso.co.uk"),
        ("mine.github.io", "mine.github.io"),
    ],
)
def test_domain_has_one_form(typed: str, name: str) -> None:
    assert parse_domain(typed) == name
    assert parse_domain(names.shown(name)) == name


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "",
            ".",
            "..",
            "example",
            "a..b",
            "-a.example",
            "a-.example",
            "a_b.example",
            "con toso.example",
            "a.1",
            "::1",
        ),
        *(
            "192.0.2.1",
            "[2001:db8::1]",
            "localhost",
            "x" * 64 + ".example",
            "xn--a.example",
            "a.example:80",
            "\u0000.a",
        ),
        *("com", "co.uk", "github.io", "gmail.com", "mail.gmail.com", "web.de", "x.onmicrosoft.com", "onmicrosoft.com"),
        *("a@b.example", "https://a.example", "a.example/b", "*.a.example", "a,b.example", "a\nb.example"),
    ],
    ids=repr,
)
def test_no_company_can_prove_it(typed: str) -> None:
    with pytest.raises(InvalidDomain) as refused:
        parse_domain(typed)
    assert str(refused.value).endswith((".", "@ sign alone, such as contoso.com."))


def test_what_is_no_text_is_no_domain() -> None:
    with pytest.raises(InvalidDomain):
        parse_domain(None)


def test_record_name_fits_into_dns() -> None:
    longest = ".".join(["a" * 59] * 3 + ["a" * 46, "example"])
    assert len(names.record_name(parse_domain(longest))) == 253
    with pytest.raises(InvalidDomain, match="too long"):
        parse_domain(f"a{longest}")


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("Ann@M\u00dcLLER.example", "xn--mller-kva.example"),
        ("ann@xn--mller-kva.example", "xn--mller-kva.example"),
        ("ann@contoso.example", "contoso.example"),
        ("ann@contoso.example.", None),
        ("ann", None),
    ],
)
def test_domain_of_an_address(address: str, domain: str | None) -> None:
    assert names.of_email(address) == domain


def test_parents_stop_below_the_top_level() -> None:
    assert names.with_parents("a.b.example") == ["a.b.example", "b.example"]
    assert names.registrable("a.b.co.uk") == "b.co.uk"
