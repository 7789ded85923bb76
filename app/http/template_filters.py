"""Template filters for times and plain-text notes."""

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from babel import dates
from flask import Flask
from markupsafe import Markup, escape

from app.core.translation import ENGLISH, current_language, direction, ngettext, tag
from app.core.translation import gettext as _

# Quotation marks never belong to a URL; browsers write those that do as %22 and the like.
LINK = re.compile(r"(?:(?<![A-Za-z0-9])[Hh][Tt][Tt][Pp][Ss]?://|(?<![\w@./-])[Ww]{3}\.)[^\s<>\"'“”„‟‘’‚‛«»‹›「」『』]+")
WHOLE_LINK = re.compile(r"\w+://[^/?#].*|(?P<bare>www\.[^./?#]+\.[^./?#].*)", re.IGNORECASE)
SENTENCE_ENDS = ".,;:!?…。、，；：！？([{"
BRACKETS = {")": "(", "]": "[", "}": "{"}


def init_app(app: Flask) -> None:
    app.jinja_env.filters["datetime"] = time_element
    app.jinja_env.filters["utc"] = show_time
    app.jinja_env.filters["exact"] = show_exact_time
    app.jinja_env.filters["day"] = show_day
    app.jinja_env.filters["in_days"] = show_in_days
    app.jinja_env.filters["note"] = show_note
    app.jinja_env.filters["tag"] = tag
    app.jinja_env.filters["direction"] = direction


def time_element(moment: datetime) -> Markup:
    """A time in UTC, which a script shows in the reader's time zone."""
    moment = moment.astimezone(UTC)
    # Written together by hand, as a list may have a hundred of them. No language's dates have a character to escape.
    return Markup(f'<time datetime="{moment.isoformat()}">{show_time(moment)}</time>')  # noqa: S704


def show_time(moment: datetime) -> str:
    """A time for plain text: `25 Nov 2026, 14:06 UTC`."""
    moment = moment.astimezone(UTC)
    return f"{show_day(moment)}, {moment:%H:%M} UTC"


def show_exact_time(moment: datetime) -> str:
    moment = moment.astimezone(UTC)
    return f"{show_day(moment)}, {moment:%H:%M:%S} UTC"


def show_day(day: date) -> str:
    """A date in the reader's language: `25 Nov 2026`, `25. Nov. 2026`, `2026年11月25日`."""
    language = current_language()
    if language == ENGLISH:
        return f"{day.day} {day:%b %Y}"
    return dates.format_skeleton("yMMMd", datetime(day.year, day.month, day.day, tzinfo=UTC), locale=language)


def show_in_days(day: date) -> str:
    """How many days away a date is."""
    left = (day - datetime.now(UTC).date()).days
    if left in (0, 1):
        return _("tomorrow") if left else _("today")
    if left > 0:
        return _("in %(number)s days", number=left)
    return ngettext("%(num)s day ago", "%(num)s days ago", -left)


def show_wait(seconds: int) -> str:
    """How long, and until when: `in 3 minutes, at 14:32 UTC`."""
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    day = "" if until.date() == datetime.now(UTC).date() else f"{show_day(until)}, "
    return _("%(in_minutes)s, at %(time)s UTC", in_minutes=_in_words(seconds), time=f"{day}{until:%H:%M}")


def _in_words(seconds: int) -> str:
    if seconds >= 2 * 3600:
        return ngettext("in %(num)s hour", "in %(num)s hours", -(-seconds // 3600))
    if seconds >= 2 * 60:
        return ngettext("in %(num)s minute", "in %(num)s minutes", -(-seconds // 60))
    return ngettext("in %(num)s second", "in %(num)s seconds", seconds)


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
