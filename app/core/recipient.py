"""Who gets an email. Apart from `email`, so that what only lists recipients doesn't import the queue."""

from dataclasses import dataclass

from app.core.translation import ENGLISH


@dataclass(frozen=True)
class Recipient:
    address: str
    language: str = ENGLISH
