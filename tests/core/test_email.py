"""Mail, sent to a real SMTP server on loopback."""

import ssl
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
import trustme
from flask import Flask
from pydantic import SecretStr, ValidationError

from app.core import email
from app.core.database import now
from app.core.email import Mailer, MailServer, server_from_url
from app.settings import Settings, new_key
from tests.post_office import PASSWORD, USER, PostOffice, only_portico, open_post_office
from tests.tasks import run_tasks

SENDER = "Portico <portico@sender.example>"


def write(app: Flask, *readers: str, subject: str = "Hello") -> bool:
    """A letter of those that the application sends."""
    values: dict[str, Any] = {"title": "Staff", "kind": "client secret", "company_name": "Contoso", "next": None}
    with app.app_context():
        return email.send_email_now(
            readers, subject, "email/credential_refused.txt", code=7000222, hint="Mend it.", draft_id="d", **values
        )


def test_a_long_subject_keeps_its_spaces(app: Flask, post_office: PostOffice) -> None:
    subject = "Action needed: Microsoft is rejecting the client secret for “Contoso staff”"
    write(app, "owner@contoso.example", subject=subject)
    run_tasks(app)
    assert post_office.subjects() == [subject]


def test_a_letter_arrives_as_it_was_written(app: Flask, post_office: PostOffice) -> None:
    write(app, "zoë.owner@contoso.example".replace("ë", "e"), subject="Ünïcode – “quoted”")
    assert post_office.letters == []
    run_tasks(app)
    (letter,) = post_office.letters
    assert letter["From"] == SENDER
    assert letter["To"] == "zoe.owner@contoso.example"
    assert letter["Subject"] == "Ünïcode – “quoted”"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Date"]
    assert letter.get_content_type() == "text/plain"
    assert "for the connection “Staff” (AADSTS7000222)" in letter.get_content()
    assert f"{app.config['BASE_URL']}/account/advanced/active-directory/" in letter.get_content()


def test_each_reader_gets_a_letter_of_their_own(app: Flask, post_office: PostOffice) -> None:
    write(app, "a@contoso.example", "b@contoso.example", "a@contoso.example")
    run_tasks(app)
    assert post_office.readers == ["a@contoso.example", "b@contoso.example"]
    assert [letter["To"] for letter in post_office.letters] == post_office.readers
    assert len({letter["Message-ID"] for letter in post_office.letters}) == 2


@pytest.mark.parametrize(
    "subject", ["Hello\r\nBcc: victim@evil.example", "Hello\nBcc: victim@evil.example", "Hello\x0b\x85\u2028Bcc: x@y"]
)
def test_a_name_with_line_breaks_makes_no_header(app: Flask, post_office: PostOffice, subject: str) -> None:
    write(app, "a@contoso.example", subject=subject)
    run_tasks(app)
    (letter,) = post_office.letters
    assert letter["Bcc"] is None
    assert letter["Subject"].startswith("Hello Bcc: ")
    assert post_office.readers == ["a@contoso.example"]


@pytest.mark.parametrize(
    "address",
    [
        "a@contoso.example\r\nBcc: victim@evil.example",
        "a@contoso.example>\r\nRCPT TO:<victim@evil.example",
        "a@contoso.example, victim@evil.example",
        "Alice <a@contoso.example>",
        "a b@contoso.example",
        "nobody",
        "@contoso.example",
        "a@",
        "",
    ],
)
def test_what_is_no_address_gets_no_letter_and_stops_nobody_elses(
    app: Flask, post_office: PostOffice, address: str
) -> None:
    write(app, address, "b@contoso.example")
    run_tasks(app)
    assert post_office.readers == ["b@contoso.example"]


@pytest.mark.parametrize("answer", ["451 Come back later", "421 Too busy"])
def test_a_server_that_is_busy_is_asked_again(app: Flask, post_office: PostOffice, answer: str) -> None:
    post_office.answers = [answer]
    with time_machine.travel(now()) as clock:
        write(app, "a@contoso.example")
        run_tasks(app)
        assert post_office.letters == []
        clock.shift(email.RETRY_SECONDS + 1)
        run_tasks(app)
    assert len(post_office.letters) == 1


def test_a_server_that_is_gone_loses_nothing_within_the_hour(
    app: Flask, post_office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = app.extensions["post"]
    with time_machine.travel(now()) as clock:
        monkeypatch.setattr(post, "server", MailServer("127.0.0.1", 9, "loopback"))
        write(app, "a@contoso.example")
        for _ in range(email.RETRIES - 1):
            run_tasks(app)
            clock.shift(email.RETRY_SECONDS + 1)
        monkeypatch.setattr(post, "server", post_office.server("loopback"))
        run_tasks(app)
    assert len(post_office.letters) == 1


def test_a_letter_that_is_refused_for_good_is_not_sent_again(
    app: Flask, post_office: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    post_office.answers = ["550 No such mailbox"]
    with time_machine.travel(now()) as clock:
        write(app, "a@contoso.example")
        run_tasks(app)
        clock.shift(email.RETRY_SECONDS + 1)
        assert run_tasks(app) == 0
    assert post_office.letters == []
    assert "mail_refused" in caplog.text


@pytest.fixture
def certificates() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def server_tls(certificates: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificates.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def trust(certificates: trustme.CA) -> Iterator[str]:
    with certificates.cert_pem.tempfile() as path:
        yield path


def send(post: Mailer) -> None:
    post.send(email.Email("a@contoso.example", "Hello", "Text.\n", "<1@portico>", "Sun, 22 Nov 2026 07:00:00 -0000"))


def test_starttls_comes_before_the_password(server_tls: ssl.SSLContext, trust: str) -> None:
    options = {"tls_context": server_tls, "auth_required": True, "authenticator": only_portico}
    with open_post_office(**options) as office:
        server = office.server("starttls", user=USER, password=PASSWORD)
        send(Mailer(server, SENDER, shown=False, trust=trust))
        assert office.encrypted == [True]


def test_a_wrong_password_of_the_operators_is_tried_again(server_tls: ssl.SSLContext, trust: str) -> None:
    options = {"tls_context": server_tls, "auth_required": True, "authenticator": only_portico}
    with open_post_office(**options) as office:
        server = office.server("starttls", user=USER, password="another")
        with pytest.raises(OSError, match="535"):
            send(Mailer(server, SENDER, shown=False, trust=trust))


def test_without_starttls_nothing_is_sent_to_another_machine(certificates: trustme.CA, trust: str) -> None:
    with open_post_office() as office:
        with pytest.raises(OSError, match="STARTTLS"):
            send(Mailer(office.server("starttls", user=USER, password=PASSWORD), SENDER, shown=False, trust=trust))
        assert office.letters == []


def test_a_server_with_a_strangers_certificate_gets_nothing(server_tls: ssl.SSLContext) -> None:
    with open_post_office(tls_context=server_tls) as office:
        with pytest.raises(ssl.SSLCertVerificationError):
            send(Mailer(office.server("starttls"), SENDER, shown=False))
        assert office.letters == []


def test_smtps_is_encrypted_from_the_first_byte(server_tls: ssl.SSLContext, trust: str) -> None:
    with open_post_office(ssl_context=server_tls) as office:
        send(Mailer(office.server("tls"), SENDER, shown=False, trust=trust))
        assert len(office.letters) == 1


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.com", MailServer("mail.example.com", 587, "starttls")),
        ("smtp://u:p%40w@mail.example.com:2525", MailServer("mail.example.com", 2525, "starttls", "u", "p@w")),
        ("smtps://mail.example.com", MailServer("mail.example.com", 465, "tls")),
        ("smtp://localhost:1025", MailServer("localhost", 1025, "loopback")),
        ("smtp://127.0.0.1:1025", MailServer("127.0.0.1", 1025, "loopback")),
        ("smtp://[::1]", MailServer("::1", 25, "loopback")),
        ("smtp://localhost.evil.example", MailServer("localhost.evil.example", 587, "starttls")),
    ],
)
def test_only_this_machine_is_spoken_to_in_the_clear(url: str, server: MailServer) -> None:
    assert server_from_url(url) == server


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"smtp_url": "http://mail.example.com"}, "smtp_url"),
        ({"smtp_url": "smtp://"}, "smtp_url"),
        ({"smtp_url": "smtp://mail.example.com:port"}, "smtp_url"),
        ({"smtp_url": "smtp://mail.example.com"}, "MAIL_FROM"),
        ({"smtp_url": "smtp://mail.example.com", "mail_from": "nobody"}, "mail_from"),
        ({"smtp_url": "smtp://mail.example.com", "mail_from": "a@b.example\r\nBcc: c@d.example"}, "mail_from"),
    ],
)
def test_half_configured_mail_stops_the_boot(values: dict[str, Any], fault: str) -> None:
    whole: dict[str, Any] = {
        "base_url": "https://app.example.com",
        "secret_key": "a secret key of the tests' own, long enough",
        "encryption_keys": (SecretStr(new_key()),),
    }
    with pytest.raises(ValidationError, match=fault):
        Settings(_env_file=None, **{**whole, **values})
    Settings(_env_file=None, **whole, smtp_url="smtp://u:p@mail.example.com", mail_from=SENDER)


def test_without_a_server_a_demo_prints_letters_and_nobody_else(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    send(Mailer(None, "", shown=True))
    assert "a@contoso.example" in caplog.text
    assert "Text." in caplog.text
    caplog.clear()
    send(Mailer(None, "", shown=False))
    assert "email_is_disabled" in caplog.text
    assert "contoso" not in caplog.text
