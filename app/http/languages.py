"""Which language a response or an email is in.

In this order: what the application asked for (`ui_locales`), the person's setting, the browser's languages, the
company's default, English. Each is noted when it becomes known, so that no request needs a query for it.
"""

from dataclasses import dataclass, replace

from flask import Flask, g, has_request_context, request

from app.core import translation
from app.core.translation import ENGLISH, FOR_ADMINS, LANGUAGES, current_language, is_right_to_left, tag
from app.http.access import route_of_request


@dataclass(frozen=True)
class Preferences:
    """What is known about the languages of this request's reader."""

    requested: tuple[str, ...] = ()
    """`ui_locales` of OpenID Connect, most wanted first."""
    person: str | None = None
    company: str | None = None


def init_app(app: Flask) -> None:
    translation.choose_language(app, _chosen)
    app.jinja_env.globals["languages"] = LANGUAGES
    app.jinja_env.globals["language"] = lambda: tag(current_language())
    app.jinja_env.globals["is_right_to_left"] = lambda: is_right_to_left(current_language())


def note(*, requested: tuple[str, ...] | None = None, person: str | None = None, company: str | None = None) -> None:
    """Adds what has become known; the rest stays."""
    known = _known()
    g.language_preferences = replace(
        known,
        requested=known.requested if requested is None else requested,
        person=person or known.person,
        company=company or known.company,
    )
    translation.choose_language_again()


def change_person(language: str | None) -> None:
    """The person has just chosen another language, in which this response's texts are."""
    g.language_preferences = replace(_known(), person=language)
    translation.choose_language_again()


def supported(wanted: str | None) -> str | None:
    """The catalog for a language tag; None if there is none: `pt-PT` gets Brazilian Portuguese, `de-AT` German."""
    primary = (wanted or "").replace("_", "-").split("-")[0].lower()
    return next((one for one in LANGUAGES if one.split("_")[0] == primary), None)


def _known() -> Preferences:
    found: Preferences = g.get("language_preferences", Preferences())
    return found


def _chosen() -> str:
    if not has_request_context():
        return ENGLISH
    route = route_of_request()
    offered = FOR_ADMINS if route and route.is_read_by_admins else tuple(LANGUAGES)
    known = _known()
    accepted = [value for value, quality in request.accept_languages if quality]
    for wanted in (*known.requested, known.person, *accepted, known.company):
        if (found := supported(wanted)) in offered:
            return str(found)
    return ENGLISH
