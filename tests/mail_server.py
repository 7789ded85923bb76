"""A real mail server on loopback, and a function that runs the worker's tasks."""

from asyncio import Server
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from app.core.email import MailServer

USER, PASSWORD = "portico", "a password with @ and :"


@dataclass
class LocalMailServer:
    """The emails that arrived, and the server's behavior."""

    host: str = "localhost"
    port: int = 0
    emails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    """Responses to the next emails instead of accepting them."""

    async def handle_DATA(self, _server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name at aiosmtpd
        if self.answers:
            return self.answers.pop(0)
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.emails.append(message)
        self.recipients += envelope.rcpt_tos
        self.encrypted.append(session.ssl is not None)
        return "250 OK"

    @property
    def url(self) -> str:
        return f"smtp://{self.host}:{self.port}"

    def server(self, security: Any, **values: Any) -> MailServer:
        return MailServer(self.host, self.port, security, **values)

    def texts(self) -> list[str]:
        return [text_of(message) for message in self.emails]

    def subjects(self) -> list[str]:
        return [str(message["Subject"]) for message in self.emails]


def text_of(message: EmailMessage) -> str:
    """The text part, which every email has."""
    return _part(message, "plain")


def html_of(message: EmailMessage) -> str:
    return _part(message, "html")


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert isinstance(part, EmailMessage)
    content = part.get_content()
    assert isinstance(content, str)
    return content


class OnFreePort(Controller):
    """With port 0, determines its port before its self-test."""

    async def _create_server(self) -> Server:
        server = await super()._create_server()
        assert isinstance(server, Server)
        self.port = server.sockets[0].getsockname()[1]
        return server


@contextmanager
def start_mail_server(**options: Any) -> Iterator[LocalMailServer]:
    mail_server = LocalMailServer()
    controller = OnFreePort(mail_server, hostname="127.0.0.1", port=0, **options)
    controller.start()
    mail_server.port = controller.port
    yield mail_server
    controller.stop()


def only_portico(_server: Any, _session: Any, _envelope: Any, mechanism: str, data: Any) -> AuthResult:
    """Accepts clients that know the password."""
    assert isinstance(data, LoginPassword)
    good = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=good)
