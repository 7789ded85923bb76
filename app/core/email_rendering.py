"""Renders emails: a template of `templates/email/` adds their parts, and `layout.html` is the HTML of those."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from flask import current_app, render_template

from app.core.email_look import Look
from app.core.email_parts import Parts
from app.core.text import FIRST_STRONG_ISOLATE, POP_ISOLATE, isolate
from app.core.translation import current_language, is_right_to_left, tag

LONGEST_SUBJECT = 200
KEPT_IN_SUBJECTS = FIRST_STRONG_ISOLATE + POP_ISOLATE + "\u200c\u200d"


@dataclass(frozen=True)
class RenderedEmail:
    subject: str
    text: str
    html: str


def render_email(subject: Any, template: str, look: Look, **values: Any) -> RenderedEmail:
    """The email in the current language. `subject` is a text of `lazy_gettext`, which is the heading of the HTML, too.
    The template can show the company's name, as `company_name`.

    Raises ValueError if the template has text outside of its parts, which would be in neither.
    """
    parts = Parts()
    names = {"address": _address, "company_name": look.name}
    outside = render_template(template, **names, **parts.functions(), **values)
    if outside.strip():
        raise ValueError(f"{template} has text outside of its parts: {outside.strip()[:80]}")
    footer = look.footer()
    html = render_template(
        "email/layout.html",
        subject=_cleaned(str(subject)),
        parts=parts,
        look=look,
        footer=footer,
        language=tag(current_language()),
        is_right_to_left=is_right_to_left(current_language()),
    )
    below = "".join(f"{line.label} {isolate(line.text)}\n" for line in footer)
    text = f"{parts.as_text()}\n{below}" if below else parts.as_text()
    return RenderedEmail(one_line(str(subject)), text, html)


def one_line(text: str) -> str:
    """A subject, isolated from what a mailbox shows beside it."""
    return isolate(_cleaned(text))


def _cleaned(text: str) -> str:
    """A subject may contain a name that a user chose: removes line breaks and invisible characters except isolates."""
    whole = "".join(letter if letter.isprintable() or letter in KEPT_IN_SUBJECTS else " " for letter in text)
    return " ".join(whole.split())[:LONGEST_SUBJECT]


def base() -> SplitResult:
    """Our own address."""
    base_url: str = current_app.config["BASE_URL"]
    return urlsplit(base_url)


def _address(endpoint: str, **values: Any) -> str:
    """An absolute URL of a page. There may be no request to take the host from."""
    urls = current_app.url_map.bind(base().netloc, url_scheme=base().scheme)
    return urls.build(endpoint, values, force_external=True)
