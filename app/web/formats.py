"""How times and plain-text notes are shown."""

import re
from datetime import UTC, datetime

from flask import Flask
from markupsafe import Markup, escape

LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)]")


def init_app(app: Flask) -> None:
    app.jinja_env.filters["datetime"] = show_time
    app.jinja_env.filters["note"] = show_note


def show_time(moment: datetime) -> str:
    moment = moment.astimezone(UTC)
    return f"{moment.day} {moment:%b %Y, %H:%M} UTC"


def show_note(text: str) -> Markup:
    """A company's plain text as paragraphs, its web addresses as links that tell the other side nothing."""
    paragraphs = [part for part in re.split(r"\n\s*\n", text.strip()) if part.strip()]
    return Markup("").join(
        Markup("<p>{}</p>").format(Markup("<br>").join(_linked(line) for line in paragraph.splitlines()))
        for paragraph in paragraphs
    )


def _linked(line: str) -> Markup:
    shown = Markup("")
    end = 0
    for link in LINK.finditer(line):
        shown += escape(line[end : link.start()])
        shown += Markup('<a href="{0}" rel="noopener noreferrer nofollow">{0}</a>').format(link[0])
        end = link.end()
    return shown + escape(line[end:])
