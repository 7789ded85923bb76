"""Template filters for times and plain-text notes."""

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from flask import Flask
from markupsafe import Markup, escape

# Quotation marks never belong to a URL; browsers write those that do as %22 and the like.
LINK = re.compile(r"(?:(?<![A-Za-z0-9])[Hh][Tt][Tt][Pp][Ss]?://|(?<![\w@./-])[Ww]{3}\.)[^\s<>\"'“”„‟‘’‚‛«»‹›「」『』]+")
WHOLE_LINK = re.compile(r"\w+://[^/?#].*|(?P<bare>www\.[^./?#]+\.[^./?#].*)", re.IGNORECASE)
SENTENCE_ENDS = ".,;:!?…。、，；：！？([{"
BRACKETS = {")": "(", "]": "[", "}": "{"}


def init_app(app: Flask) -> None:
    app.jinja_env.filters["datetime"] = show_time
    app.jinja_env.filters["exact"] = show_exact_time
    app.jinja_env.filters["day"] = show_day
    app.jinja_env.filters["in_days"] = show_in_days


def show_time(moment: datetime) -> str:
    moment = moment.astimezone(UTC)
    return f"{moment.day} {moment:%b %Y, %H:%M} UTC"


def show_exact_time(moment: datetime) -> str:
    moment = moment.astimezone(UTC)
    return f"{moment.day} {moment:%B %Y, %H:%M:%S} UTC"


def show_day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def show_in_days(day: date) -> str:
    """How many days away a date is."""
    left = (day - datetime.now(UTC).date()).days
    if left in (0, 1):
        return "tomorrow" if left else "today"
    return f"in {left} days" if left > 0 else f"{-left} day{'' if left == -1 else 's'} ago"


def show_wait(seconds: int) -> str:
    """How long, and until when: `in 3 minutes, at 14:32 UTC`."""
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    size, unit = next(
        ((size, unit) for size, unit in ((3600, "hour"), (60, "minute")) if seconds >= 2 * size), (1, "second")
    )
    number = -(-seconds // size)
    day = "" if until.date() == datetime.now(UTC).date() else f"{until.day} {until:%b}, "
    return f"in {number} {unit}{'' if number == 1 else 's'}, at {day}{until:%H:%M} UTC"


@lru_cache(maxsize=1000)  # depends on the text alone, so it can be shared
def show_note(text: str) -> Markup:
    """A company's plain text as paragraphs, with its web addresses as links that send no referrer."""
    paragraphs = [part for part in re.split(r"\n\s*\n", text.strip()) if part.strip()]
    return Markup("").join(
        Markup("<p>{}</p>").format(Markup("<br>").join(_linked(line) for line in paragraph.splitlines()))
        for paragraph in paragraphs
    )


def _linked(line: str) -> Markup:
    shown = Markup("")
    end = 0
    for found in LINK.finditer(line):
        link = _without_sentence(found[0])
        whole = WHOLE_LINK.fullmatch(link)
        if not whole:
            continue
        shown += escape(line[end : found.start()])
        address = f"https://{link}" if whole["bare"] else link
        shown += Markup('<a href="{}" rel="noopener noreferrer nofollow">{}</a>').format(address, link)
        end = found.start() + len(link)
    return shown + escape(line[end:])


def _without_sentence(link: str) -> str:
    """A link without the surrounding sentence's punctuation: its full stop, and a bracket that was opened before."""
    while link:
        last = link[-1]
        closes_one_before = last in BRACKETS and link.count(last) > link.count(BRACKETS[last])
        if last not in SENTENCE_ENDS and not closes_one_before:
            break
        link = link[:-1]
    return link
