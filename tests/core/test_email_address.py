"""The email address parser."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.email_address import InvalidEmail, normalize_email, parse_email, wire_email


@pytest.mark.parametrize(
    ("given", "form", "wire"),
    [
        ("max@müller.example", "max@müller.example", "max@xn--mller-kva.example"),
        ("Max@MÜLLER.example", "max@müller.example", "max@xn--mller-kva.example"),
        ("max@mu\u0308ller.example", "max@müller.example", "max@xn--mller-kva.example"),
        ("max@XN--MLLER-KVA.example", "max@müller.example", "max@xn--mller-kva.example"),
        ("a@كوم.example", "a@كوم.example", "a@xn--fhbei.example"),
        ("Ann.O'Neil+news@Contoso.Example", "ann.o'neil+news@contoso.example", "ann.o'neil+news@contoso.example"),
        ("\ufeff ann\u200b@contoso.example\u00a0", "ann@contoso.example", "ann@contoso.example"),
        ("\u202aann@contoso.example\u202c", "ann@contoso.example", "ann@contoso.example"),
        ("ann@contoso.test", "ann@contoso.test", "ann@contoso.test"),
        ("ann@mail.contoso.local", "ann@mail.contoso.local", "ann@mail.contoso.local"),
    ],
    ids=ascii,
)
def test_email_address_is_normalized(given: str, form: str, wire: str) -> None:
    assert (parse_email(given), wire_email(given)) == (form, wire)
    assert normalize_email(given) == parse_email(form) == form


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ann",
        "@",
        "a@b",
        "=cmd|calc@x",
        "=cmd|calc@contoso.example",
        "=1+1@contoso.example",
        "+1@contoso.example",
        "-x@contoso.example",
        "a|b@contoso.example",
        "a b@contoso.example",
        "a@contoso..example",
        "a@contoso.example.",
        "a@1.2.3.4",
        "a@[1.2.3.4]",
        '"a b"@contoso.example',
        "Ann <ann@contoso.example>",
        "ann@contoso.example, bob@contoso.example",
        "ann\r\nBcc: x@contoso.example",
        "ann@contoso.example\nevil.example",
        "müller@contoso.example",
        "ann＠contoso.example",
        "a@xn--abc.example",
        "x" * 65 + "@contoso.example",
        "a@" + "x" * 300 + ".example",
        None,
        7,
    ],
    ids=ascii,
)
def test_invalid_email_address_is_rejected_with_reason(text: object) -> None:
    with pytest.raises(InvalidEmail, match=r"^Enter a valid email address\. .+"):
        parse_email(text)
    assert wire_email(str(text or "")) is None


@given(st.text() | st.text(alphabet="a.@-xn=|ü\u200b", max_size=20))
def test_any_text_is_parsed_or_rejected(text: str) -> None:
    form = normalize_email(text)
    assert normalize_email(form) == form
    try:
        assert parse_email(text) == form
    except InvalidEmail:
        assert wire_email(text) is None
