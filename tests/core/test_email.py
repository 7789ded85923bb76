"""Email, sent to a real SMTP server on loopback."""

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
from app.core.email import Mailer, MailServer, Recipient, server_from_url
from app.core.email_look import PORTICO
from app.settings import Settings, new_key
from tests.mail_server import PASSWORD, USER, LocalMailServer, only_portico, start_mail_server, text_of
from tests.tasks import run_tasks

SENDER = "Portico <portico@sender.example>"


def write(app: Flask, *recipients: str, subject: str = "Hello") -> bool:
    """Sends one of the application's emails."""
    values: dict[str, Any] = {"title": "Staff", "kind": "client secret", "next": None}
    with app.app_context():
        return email.send_email_now(
            [Recipient(one) for one in recipients],
            subject,
            "email/credential_refused.txt",
            PORTICO,
            code=7000222,
            hint="Fix it.",
            draft_id="d",
            **values,
        )


def test_long_subject_keeps_its_spaces(app: Flask, mail_server: LocalMailServer) -> None:
    subject = "Action needed: Microsoft is rejecting the client secret for “Contoso staff”"
    write(app, "owner@contoso.example", subject=subject)
    run_tasks(app)
    assert mail_server.subjects() == [subject]


def test_email_arrives_as_written(app: Flask, mail_server: LocalMailServer) -> None:
    write(app, "zoë.owner@contoso.example".replace("ë", "e"), subject="Ünïcode – “quoted”")
    assert mail_server.emails == []
    run_tasks(app)
    (message,) = mail_server.emails
    assert message["From"] == SENDER
    assert message["To"] == "zoe.owner@contoso.example"
    assert message["Subject"] == "Ünïcode – “quoted”"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"]
    assert message.get_content_type() == "multipart/alternative"
    assert "for the connection “Staff” (AADSTS7000222)" in text_of(message)
    assert f"{app.config['BASE_URL']}/account/advanced/active-directory/" in text_of(message)


def test_each_recipient_gets_a_separate_email(app: Flask, mail_server: LocalMailServer) -> None:
    write(app, "a@contoso.example", "b@contoso.example", "a@contoso.example")
    run_tasks(app)
    assert mail_server.recipients == ["a@contoso.example", "b@contoso.example"]
    assert [message["To"] for message in mail_server.emails] == mail_server.recipients
    assert len({message["Message-ID"] for message in mail_server.emails}) == 2


@pytest.mark.parametrize(
    "subject", ["Hello\r\nBcc: victim@evil.example", "Hello\nBcc: victim@evil.example", "Hello\x0b\x85\u2028Bcc: x@y"]
)
def test_line_breaks_in_subject_add_no_header(app: Flask, mail_server: LocalMailServer, subject: str) -> None:
    write(app, "a@contoso.example", subject=subject)
    run_tasks(app)
    (message,) = mail_server.emails
    assert message["Bcc"] is None
    assert message["Subject"].startswith("Hello Bcc: ")
    assert mail_server.recipients == ["a@contoso.example"]


@pytest.mark.parametrize(
    "address",
    [
        "a@contoso.example\r\nBcc: victim@evil.example",
        "a@contoso.example>\r\nRCPT TO:<victim@evil.example",
        "a@contoso.example, victim@evil.example",
        "Alice <a@contoso.example>",
        "a b@contoso.example",
        "no-address",
        "@contoso.example",
        "a@",
        "",
    ],
)
def test_invalid_address_gets_no_email_and_blocks_no_other(
    app: Flask, mail_server: LocalMailServer, address: str
) -> None:
    write(app, address, "b@contoso.example")
    run_tasks(app)
    assert mail_server.recipients == ["b@contoso.example"]


@pytest.mark.parametrize("response", ["451 Come back later", "421 Too busy"])
def test_busy_server_is_retried(app: Flask, mail_server: LocalMailServer, response: str) -> None:
    mail_server.answers = [response]
    with time_machine.travel(now()) as clock:
        write(app, "a@contoso.example")
        run_tasks(app)
        assert mail_server.emails == []
        clock.shift(email.RETRY_SECONDS + 1)
        run_tasks(app)
    assert len(mail_server.emails) == 1


def test_email_survives_an_hour_without_mail_server(
    app: Flask, mail_server: LocalMailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = app.extensions["post"]
    with time_machine.travel(now()) as clock:
        monkeypatch.setattr(post, "server", MailServer("127.0.0.1", 9, "loopback"))
        write(app, "a@contoso.example")
        for _ in range(email.RETRIES - 1):
            run_tasks(app)
            clock.shift(email.RETRY_SECONDS + 1)
        monkeypatch.setattr(post, "server", mail_server.server("loopback"))
        run_tasks(app)
    assert len(mail_server.emails) == 1


def test_permanently_rejected_email_is_not_retried(
    app: Flask, mail_server: LocalMailServer, caplog: pytest.LogCaptureFixture
) -> None:
    mail_server.answers = ["550 No such mailbox"]
    with time_machine.travel(now()) as clock:
        write(app, "a@contoso.example")
        run_tasks(app)
        clock.shift(email.RETRY_SECONDS + 1)
        assert run_tasks(app) == 0
    assert mail_server.emails == []
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


def test_starttls_comes_before_password(server_tls: ssl.SSLContext, trust: str) -> None:
    options = {"tls_context": server_tls, "auth_required": True, "authenticator": only_portico}
    with start_mail_server(**options) as mail_server:
        server = mail_server.server("starttls", user=USER, password=PASSWORD)
        send(Mailer(server, SENDER, shown=False, trust=trust))
        assert mail_server.encrypted == [True]


def test_wrong_smtp_password_is_retried(server_tls: ssl.SSLContext, trust: str) -> None:
    options = {"tls_context": server_tls, "auth_required": True, "authenticator": only_portico}
    with start_mail_server(**options) as mail_server:
        server = mail_server.server("starttls", user=USER, password="another")
        with pytest.raises(OSError, match="535"):
            send(Mailer(server, SENDER, shown=False, trust=trust))


def test_nothing_is_sent_to_another_machine_without_starttls(certificates: trustme.CA, trust: str) -> None:
    with start_mail_server() as mail_server:
        with pytest.raises(OSError, match="STARTTLS"):
            send(Mailer(mail_server.server("starttls", user=USER, password=PASSWORD), SENDER, shown=False, trust=trust))
        assert mail_server.emails == []


def test_server_with_untrusted_certificate_gets_nothing(server_tls: ssl.SSLContext) -> None:
    with start_mail_server(tls_context=server_tls) as mail_server:
        with pytest.raises(ssl.SSLCertVerificationError):
            send(Mailer(mail_server.server("starttls"), SENDER, shown=False))
        assert mail_server.emails == []


def test_smtps_is_encrypted_from_the_first_byte(server_tls: ssl.SSLContext, trust: str) -> None:
    with start_mail_server(ssl_context=server_tls) as mail_server:
        send(Mailer(mail_server.server("tls"), SENDER, shown=False, trust=trust))
        assert len(mail_server.emails) == 1


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
def test_only_loopback_may_be_unencrypted(url: str, server: MailServer) -> None:
    assert server_from_url(url) == server


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"smtp_url": "http://mail.example.com"}, "smtp_url"),
        ({"smtp_url": "smtp://"}, "smtp_url"),
        ({"smtp_url": "smtp://mail.example.com:port"}, "smtp_url"),
        ({"smtp_url": "smtp://mail.example.com"}, "MAIL_FROM"),
        ({"smtp_url": "smtp://mail.example.com", "mail_from": "no address"}, "mail_from"),
        ({"smtp_url": "smtp://mail.example.com", "mail_from": "a@b.example\r\nBcc: c@d.example"}, "mail_from"),
    ],
)
def test_half_configured_email_prevents_startup(values: dict[str, Any], fault: str) -> None:
    whole: dict[str, Any] = {
        "base_url": "https://app.example.com",
        "secret_key": "a secret key of the tests' own, long enough",
        "encryption_keys": (SecretStr(new_key()),),
    }
    with pytest.raises(ValidationError, match=fault):
        Settings(_env_file=None, **{**whole, **values})
    Settings(_env_file=None, **whole, smtp_url="smtp://u:p@mail.example.com", mail_from=SENDER)


def test_without_mail_server_only_demo_prints_emails(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    send(Mailer(None, "", shown=True))
    assert "a@contoso.example" in caplog.text
    assert "Text." in caplog.text
    caplog.clear()
    send(Mailer(None, "", shown=False))
    assert "email_is_disabled" in caplog.text
    assert "contoso" not in caplog.text
