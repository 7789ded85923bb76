"""Email, as text and HTML: rendered at once, sent by the worker, retried while the mail server doesn't accept it.

Uses the standard library: its messages refuse line breaks in headers, and its client speaks STARTTLS; a package around
them would add only settings.
"""

import json
import smtplib
import ssl
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from email.header import Header
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import formatdate, make_msgid, parseaddr
from typing import Any, Literal, Protocol
from urllib.parse import unquote, urlsplit

import structlog
from flask import Flask, current_app

from app.core import strict_json
from app.core.database import encryptor, release_connection
from app.core.email_address import wire_email
from app.core.email_look import LOGO_ID, Look
from app.core.email_rendering import base, one_line, render_email
from app.core.recipient import Recipient as Recipient
from app.core.tasks import task
from app.core.translation import in_language
from app.core.unit_of_work import after_commit
from app.settings import LOOPBACK_HOSTS, Settings

TIMEOUT_SECONDS = 20
RETRIES, RETRY_SECONDS = 12, 300
"""A mail server that is down for an hour loses nothing."""
ASSOCIATED_DATA = "mail.letter"

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class MailServer:
    host: str
    port: int
    security: Literal["tls", "starttls", "loopback"]
    """`loopback` is unencrypted: it never leaves this machine."""
    user: str = ""
    password: str = ""


@dataclass(frozen=True)
class Email:
    """An email to one recipient, so that recipients don't see each other, and a bad address affects only itself."""

    to: str
    subject: str
    text: str
    message_id: str
    """Generated when the email is rendered, so that a mail server recognizes a retry."""
    written: str
    html: str = ""
    """Empty if the previous version of the application enqueued it, before an upgrade."""
    logo: str | None = None
    """The hash of the picture to attach, which is read when the email is sent: a queue would hold it many times."""


class Logo(Protocol):
    @property
    def content(self) -> bytes: ...

    @property
    def mime_type(self) -> str: ...


ReadLogo = Callable[[str], Logo | None]
"""Returns the picture with this hash; None if it has been removed."""


class Mailer:
    """Sends email."""

    def __init__(self, server: MailServer | None, sender: str, *, shown: bool, trust: str | None = None) -> None:
        self.server = server
        self.sender = sender
        self.shown = shown
        """Without a server, emails are printed to the log; for the demo only."""
        self._trust = trust

    @property
    def is_disabled(self) -> bool:
        return self.server is None and not self.shown

    def send(self, email: Email, logo: Logo | None = None) -> None:
        """Raises OSError or smtplib.SMTPException if a retry may help."""
        if self.server is None:
            self._show(email)
            return
        # An unreachable server is the operator's to fix, so a retry always makes sense.
        with self._connect(self.server) as client:
            try:
                client.send_message(_message(email, self.sender, logo), from_addr=parseaddr(self.sender)[1])
            except smtplib.SMTPException as error:
                if not _is_final(error):
                    raise
                log.error("mail_refused", kind=type(error).__name__, message_id=email.message_id)
            else:
                log.info("mail_sent", message_id=email.message_id)

    def check_connection(self) -> None:
        """Connects, authenticates and disconnects. Raises OSError or smtplib.SMTPException."""
        assert self.server
        with self._connect(self.server) as client:
            client.noop()

    def _show(self, email: Email) -> None:
        if self.shown:
            log.info("mail", to=email.to, subject=email.subject, text=email.text)
        else:
            log.warning("email_is_disabled", subject=email.subject)

    def _connect(self, server: MailServer) -> smtplib.SMTP:
        trust = ssl.create_default_context(cafile=self._trust)
        client: smtplib.SMTP
        if server.security == "tls":
            client = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_SECONDS, context=trust)
        else:
            client = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
        try:
            if server.security == "starttls":
                client.starttls(context=trust)
            if server.user:
                client.login(server.user, server.password)
        except BaseException:
            client.close()
            raise
        return client


def init_app(app: Flask, settings: Settings, read_logo: ReadLogo) -> None:
    url = settings.smtp_url.get_secret_value()
    server = server_from_url(url) if url else None
    post = Mailer(
        server, settings.mail_from, shown=settings.sandbox_origin is not None, trust=settings.requests_ca_bundle or None
    )
    app.extensions["post"] = post
    app.extensions["read_logo"] = read_logo
    app.jinja_env.globals["email_is_disabled"] = post.is_disabled


def server_from_url(url: str) -> MailServer:
    """Parses SMTP_URL, which the settings have validated."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    on_loopback = f"[{host}]" in LOOPBACK_HOSTS or host in LOOPBACK_HOSTS
    security: Literal["tls", "starttls", "loopback"] = "loopback" if on_loopback else "starttls"
    if parts.scheme == "smtps":
        security = "tls"
    port = parts.port or {"tls": 465, "starttls": 587, "loopback": 25}[security]
    return MailServer(host, port, security, unquote(parts.username or ""), unquote(parts.password or ""))


def send_email(to: Iterable[Recipient], subject: Any, template: str, look: Look, **values: Any) -> None:
    """Renders a template in each recipient's language and enqueues the emails; invalid addresses are skipped.
    `subject` is a text of `lazy_gettext`, and so are those of the values that are texts of ours; `look` is the
    company's (`companies/branding/email_look.py`).

    Inside a unit of work they are enqueued after its commit, and discarded if it is rolled back. An email is encrypted
    in the queue, since it may contain a sign-in link.
    """
    emails = _letters(to, subject, template, look, values)
    after_commit(lambda: _queue(emails))


def send_email_now(to: Iterable[Recipient], subject: Any, template: str, look: Look, **values: Any) -> bool:
    """The same, enqueued at once, also inside a unit of work: a crash before the commit sends it twice rather than
    never. Returns whether the queue accepted all.
    """
    return _queue(_letters(to, subject, template, look, values))


def _letters(to: Iterable[Recipient], subject: Any, template: str, look: Look, values: dict[str, Any]) -> list[Email]:
    languages: dict[str, str] = {}
    for one in to:
        if reader := wire_email(one.address):
            languages.setdefault(reader, one.language)
    if not languages:
        log.warning("mail_has_no_reader", subject=one_line(str(subject)))
    rendered = {}
    for language in set(languages.values()):
        with in_language(language):
            rendered[language] = render_email(subject, template, look, **values)
    return [
        Email(
            reader,
            **asdict(rendered[language]),
            message_id=make_msgid(domain=base().hostname),
            written=formatdate(),
            logo=look.logo_hash,
        )
        for reader, language in languages.items()
    ]


def _queue(emails: Iterable[Email]) -> bool:
    return all(
        deliver.enqueue_now(sealed=encryptor().encrypt(json.dumps(asdict(email)), ASSOCIATED_DATA)) for email in emails
    )


@task(retries=RETRIES, retry_seconds=RETRY_SECONDS)
def deliver(sealed: str) -> None:
    post: Mailer = current_app.extensions["post"]
    read_logo: ReadLogo = current_app.extensions["read_logo"]
    email = strict_json.read_as(Email, encryptor().decrypt(sealed, ASSOCIATED_DATA))
    logo = read_logo(email.logo) if email.logo else None
    release_connection()
    post.send(email, logo)


class _Policy(EmailPolicy):
    """Encodes a subject as one text: the standard library's policy loses a space where a long subject has two words
    with letters beyond ASCII (https://github.com/python/cpython/issues/92081).
    """

    def fold(self, name: str, value: str) -> str:
        if name != "Subject" or str(value).isascii():
            return str(super().fold(name, value))
        return f"{name}: {Header(str(value), 'utf-8', header_name=name).encode(linesep=self.linesep)}{self.linesep}"

    def fold_binary(self, name: str, value: str) -> bytes:
        return self.fold(name, value).encode("ascii", "surrogateescape")


def _message(email: Email, sender: str, logo: Logo | None) -> EmailMessage:
    """The logo is attached instead of loaded: most programs show attached images without asking, also where our
    address can't be reached, and no one learns when the email is read.
    """
    message = EmailMessage(policy=_Policy(linesep="\r\n"))
    message["From"] = sender
    message["To"] = email.to
    message["Subject"] = email.subject
    message["Date"] = email.written
    message["Message-ID"] = email.message_id
    # Suppresses out-of-office replies.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(email.text)
    if email.html:
        message.add_alternative(email.html, subtype="html")
    if logo:
        _attach(message, logo)
    return message


def _attach(message: EmailMessage, logo: Logo) -> None:
    html = message.get_body(("html",))
    assert isinstance(html, EmailMessage)
    kind, subtype = logo.mime_type.split("/")
    html.add_related(logo.content, kind, subtype, cid=f"<{LOGO_ID}>", disposition="inline", filename=f"logo.{subtype}")


def _is_final(error: smtplib.SMTPException) -> bool:
    """Whether the server's rejection is permanent: status 500 and above."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(status >= 500 for status, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPNotSupportedError) or (
        isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500
    )
