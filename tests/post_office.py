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
class PostOffice:
    """The emails that arrived, and the server's behavior."""

    host: str = "localhost"
    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    readers: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    """Responses to the next emails instead of accepting them."""

    async def handle_DATA(self, _server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name at aiosmtpd
        if self.answers:
            return self.answers.pop(0)
        assert isinstance(envelope.content, bytes)
        letter = message_from_bytes(envelope.content, policy=default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        self.readers += envelope.rcpt_tos
        self.encrypted.append(session.ssl is not None)
        return "250 OK"

    @property
    def url(self) -> str:
        return f"smtp://{self.host}:{self.port}"

    def server(self, security: Any, **values: Any) -> MailServer:
        return MailServer(self.host, self.port, security, **values)

    def texts(self) -> list[str]:
        return [letter.get_content() for letter in self.letters]

    def subjects(self) -> list[str]:
        return [str(letter["Subject"]) for letter in self.letters]


class OnFreePort(Controller):
    """Given port 0, it finds out its port before its self-test."""

    async def _create_server(self) -> Server:
        server = await super()._create_server()
        assert isinstance(server, Server)
        self.port = server.sockets[0].getsockname()[1]
        return server


@contextmanager
def open_post_office(**options: Any) -> Iterator[PostOffice]:
    office = PostOffice()
    controller = OnFreePort(office, hostname="127.0.0.1", port=0, **options)
    controller.start()
    office.port = controller.port
    yield office
    controller.stop()


def only_portico(_server: Any, _session: Any, _envelope: Any, mechanism: str, data: Any) -> AuthResult:
    """Accepts clients that know the password."""
    assert isinstance(data, LoginPassword)
    good = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=good)
