"""The parts of an email. A template of `templates/email/` adds them, each with its words. Both the text and the HTML
are made of them, so that no sentence is written twice.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import ClassVar

WHITESPACE = re.compile(r"[ \t\n\v\f\r\x85\u2028\u2029]+")
"""Without the spaces that don't break, which French has before its punctuation."""


@dataclass(frozen=True)
class Heading:
    kind: ClassVar = "heading"
    text: str


@dataclass(frozen=True)
class Paragraph:
    kind: ClassVar = "paragraph"
    text: str


@dataclass(frozen=True)
class Button:
    """The text part shows the address only."""

    kind: ClassVar = "button"
    label: str
    url: str


@dataclass(frozen=True)
class Details:
    """Labels and values. The text part shows the values only, each on a line of its own, to be copied."""

    kind: ClassVar = "details"
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Footnote:
    """Why the reader gets this email, or what to do if they don't expect it."""

    kind: ClassVar = "footnote"
    text: str


Part = Heading | Paragraph | Button | Details | Footnote


@dataclass
class Parts:
    """What a template has added, in order."""

    added: list[Part] = field(default_factory=list)

    def functions(self) -> dict[str, Callable[..., str]]:
        """What a template calls, by name."""
        return {
            "heading": lambda text: self._add(Heading(_line(text))),
            "paragraph": lambda text: self._add(Paragraph(_line(text))),
            "button": lambda label, url: self._add(Button(_line(label), url)),
            "details": self._details,
            "footnote": lambda text: self._add(Footnote(_line(text))),
        }

    def _details(self, rows: Iterable[tuple[str, str]]) -> str:
        return self._add(Details(tuple((_line(label), _line(value)) for label, value in rows)))

    def _add(self, part: Part) -> str:
        self.added.append(part)
        return ""

    @property
    def preview(self) -> str:
        """What a mailbox shows after the subject: the sentences, without the greeting if there is more."""
        sentences = [part.text for part in self.added if isinstance(part, Paragraph)]
        return " ".join(sentences[1:] or sentences)

    def as_text(self) -> str:
        """The text part. A heading is above what it is the heading of."""
        text = "".join(_as_text(part) for part in self.added)
        return text.rstrip("\n") + "\n"


def _as_text(part: Part) -> str:
    match part:
        case Heading(text):
            return f"{text}\n"
        case Paragraph(text):
            return f"{text}\n\n"
        case Button(_, url):
            return f"{url}\n\n"
        case Details(rows):
            return "".join(f"{value}\n" for _, value in rows) + "\n"
        case Footnote(text):
            return f"--\n{text}\n"


def _line(text: object) -> str:
    """One line: a name that someone chose must not look like another part."""
    return WHITESPACE.sub(" ", str(text)).strip()
