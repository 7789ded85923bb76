"""Renders an entry: a sentence of text and names, and its details. Pure functions."""

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any
from uuid import UUID

from app.audit.catalog import ANY_EVENT, EVENTS
from app.audit.details import FIELDS, KINDS
from app.audit.reasons import error_number, in_words
from app.core.text import gettext_noop as N_
from app.core.translation import LANGUAGES
from app.core.translation import gettext as _
from app.entra.error_codes import ADVICE

UNKNOWN_PERSON = N_("a deleted person")
PARSER = Formatter()
NAMES = (*("method", "code", "name", "title", "email", "file", "role_name", "application_name", "directory", "former"),)
"""Details that a sentence may show as names."""


@dataclass(frozen=True)
class Subject:
    """The person or thing that an entry's id refers to."""

    id: UUID
    is_person: bool
    name: str
    avatar_hash: str | None
    has_face: bool = False
    """Deleted people have no avatar."""


@dataclass(frozen=True)
class Fragment:
    """A part of a sentence: text, or a name."""

    text: str
    is_name: bool = False
    person_id: UUID | None = None


@dataclass(frozen=True)
class AuditEvent:
    """The entry's values from which its texts are made."""

    event: str
    actor_id: UUID | None
    subject_id: UUID | None
    detail: dict[str, Any]


def sentence(told: AuditEvent, names: Mapping[UUID, Subject]) -> list[Fragment]:
    """The first of the event's sentences whose names are all known."""
    known = _known(told, names)
    for template in (*EVENTS.get(told.event, ())[1:], *ANY_EVENT):
        pieces = list(PARSER.parse(_(template)))
        if all(field is None or field in known for _, field, _, _ in pieces):
            return _joined(pieces, known)
    raise AssertionError("the last sentence has only what is always known")


def plain_text(parts: list[Fragment]) -> str:
    return "".join(part.text for part in parts)


def details(detail: dict[str, Any]) -> list[tuple[str, str]]:
    """The entry's other details as label and text; changes with old and new value."""
    changed = detail.get("changed")
    rest = [(_spelt(name), _text(value)) for name, value in detail.items() if name != "changed"]
    if advice := ADVICE.get(error_number(str(detail.get("reason"))) or 0):
        rest.append((_("How to fix it"), _(advice.admin)))
    if not isinstance(changed, dict):
        return rest + ([(_("Changed"), _text(changed))] if changed else [])
    return [(_spelt(name), _change(value)) for name, value in changed.items()] + rest


def _known(told: AuditEvent, names: Mapping[UUID, Subject]) -> dict[str, Fragment]:
    detail = told.detail
    known = {
        name: Fragment("" if value is True else str(value), is_name=name in NAMES)
        for name, value in detail.items()
        if value is not False and isinstance(value, str | int)
    }
    known["what"] = Fragment(_spelt(told.event.replace(".", " ")))
    known["who"] = Fragment(_("Someone with a setup link") if detail.get("setup_link") else _("System"))
    if told.actor_id:
        known["who"] = known["actor"] = _name(names.get(told.actor_id), told.actor_id)
    if told.subject_id:
        known |= _subject(told, names)
    if "reason" in known:
        known["reason"] = Fragment(in_words(str(detail["reason"])))
    if "kind" in known:
        known["kind"] = Fragment(_(KINDS.get(str(detail["kind"]), str(detail["kind"]))))
    if isinstance(detail.get("changed"), dict):
        known["changed"] = Fragment(", ".join(_field(name) for name in detail["changed"]))
    return known


def _subject(told: AuditEvent, names: Mapping[UUID, Subject]) -> dict[str, Fragment]:
    named = names.get(told.subject_id) if told.subject_id else None
    if named:
        subject = _name(named, named.id)
    else:
        said = next(
            (told.detail[name] for name in ("name", "title", "code", "email") if told.detail.get(name)),
            _(UNKNOWN_PERSON),
        )
        subject = Fragment(str(said), is_name=True)
    return {"subject": subject} | ({"own": Fragment("")} if told.subject_id == told.actor_id else {})


def _name(named: Subject | None, some_id: UUID) -> Fragment:
    if named is None:
        return Fragment(_(UNKNOWN_PERSON), is_name=True, person_id=some_id)
    return Fragment(named.name, is_name=True, person_id=named.id if named.is_person else None)


def _joined(pieces: list[Any], known: dict[str, Fragment]) -> list[Fragment]:
    parts: list[Fragment] = []
    for words, field, *_rest in pieces:
        parts += [Fragment(words)] if words else []
        parts += [known[field]] if field and known[field].text else []
    if parts and not parts[0].text[:1].isupper() and not (parts[0].is_name and parts[0].text != _(UNKNOWN_PERSON)):
        first = parts[0]
        parts[0] = Fragment(first.text[:1].upper() + first.text[1:], first.is_name, first.person_id)
    return parts


def _spelt(name: str) -> str:
    words = _field(name)
    return words[:1].upper() + words[1:]


def _field(name: str) -> str:
    return _(FIELDS[name]) if name in FIELDS else name.replace("_", " ")


def _change(value: Any) -> str:
    if isinstance(value, list) and len(value) == 2:
        return f"{_text(value[0])} → {_text(value[1])}"
    return _text(value)


def _text(value: Any) -> str:
    match value:
        case bool():
            return _("Yes") if value else _("No")
        case dict() if value:
            return ", ".join(f"{LANGUAGES.get(name) or _spelt(str(name))}: {_text(one)}" for name, one in value.items())
        case list() if value:
            return ", ".join(_text(one) for one in value)
        case int():
            return str(value)
    return str(value) if value else _("None")
