"""The account, and a person's picture."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.database import db
from app.people import avatars, queries
from app.people.keys import actions as key_actions
from app.people.models import Person
from app.people.second_factor import queries as second_factor
from app.people.sessions import actions as session_actions
from app.people.sessions import queries as session_queries
from app.people.sessions.limits import device
from app.web.current import Visitor, current

AVATAR_SECONDS = 365 * 24 * 3600


def account() -> ResponseReturnValue:
    visitor = current()
    return render_template(
        "people/account.html",
        read_from_microsoft=_read_from_microsoft(visitor),
        sessions=shown_sessions(visitor, visitor.person_id, _end_url),
        has_second_factor=visitor.has_password and bool(second_factor.factors(visitor.company_id, visitor.person_id)),
        recovery_codes_left=(
            queries.recovery_codes_left(visitor.company_id, visitor.person_id)
            if visitor.is_admin or visitor.has_password
            else None
        ),
    )


def recovery_codes() -> ResponseReturnValue:
    """How many are left, and the button that makes others."""
    visitor = current()
    left = queries.recovery_codes_left(visitor.company_id, visitor.person_id)
    return render_template("people/recovery_codes_left.html", codes_left=left)


def make_recovery_codes() -> ResponseReturnValue:
    """Ten new codes, shown in this answer and never again."""
    visitor = current()
    person = _person_or_404(visitor.person_id)
    codes = key_actions.make_codes(person)
    db.session.commit()
    return render_template("people/recovery_codes.html", codes=codes, company_name=visitor.company_name)


def end_session(session_id: UUID) -> ResponseReturnValue:
    visitor = current()
    if not session_actions.end(visitor.company_id, visitor.person_id, session_id, actor_id=visitor.person_id):
        abort(404)
    db.session.commit()
    flash("That session has ended.", "success")
    return redirect(url_for("people.account"))


def end_other_sessions() -> ResponseReturnValue:
    visitor = current()
    number = session_actions.end_others(
        visitor.company_id, visitor.person_id, visitor.session_id, actor_id=visitor.person_id
    )
    db.session.commit()
    flash(f"Ended {number} other session{'' if number == 1 else 's'}.", "success")
    return redirect(url_for("people.account"))


def avatar(person_id: UUID) -> ResponseReturnValue:
    """The picture, or the initials as one. Its address changes with it, so that browsers may keep it for good."""
    found = queries.avatar(current().company_id, person_id)
    if found is None:
        abort(404)
    if found.content is not None:
        response = make_response(found.content)
        response.mimetype = avatars.MIME_TYPE
    else:
        drawn = render_template(
            "people/initials.svg", letters=avatars.initials(found.name), tone=avatars.tone(found.name)
        )
        response = make_response(drawn)
        response.mimetype = "image/svg+xml"
    version = avatars.version(found.hash, found.name)
    kept = f"max-age={AVATAR_SECONDS}, immutable" if request.args.get("v") == version else "no-cache"
    response.headers["Cache-Control"] = f"private, {kept}"
    response.set_etag(version)
    return response.make_conditional(request)


def turned(page: queries.Page, endpoint: str, **values: Any) -> dict[str, Any]:
    """A page of people as templates show it, with the addresses of the pages before and after."""
    return {
        "people": [{**vars(person), "avatar_url": avatar_url(person)} for person in page.people],
        "previous_url": url_for(endpoint, before=page.before, **values) if page.before else None,
        "next_url": url_for(endpoint, after=page.after, **values) if page.after else None,
    }


def avatar_url(person: Person | queries.Listed) -> str:
    return url_for("people.avatar", person_id=person.id, v=avatars.version(person.avatar_hash, person.name))


def _person_or_404(person_id: UUID) -> Person:
    person = queries.person(current().company_id, person_id)
    if person is None:
        abort(404)
    return person


def shown_sessions(visitor: Visitor, person_id: UUID, end_url: Callable[[Any], str | None]) -> list[dict[str, Any]]:
    """Where somebody is signed in, for the list of it. `end_url` gives the address that ends one, if that may be."""
    return [
        {
            "id": session.id,
            "device": device(session.user_agent),
            "address": session.ip_address,
            "how": session.method,
            "started_at": session.created_at,
            "last_seen_at": session.last_seen_at,
            "current": session.id == visitor.session_id,
            "end_url": end_url(session.id),
        }
        for session in session_queries.good(visitor.company_id, person_id)
    ]


def _end_url(session_id: UUID) -> str | None:
    """One's own present session ends by signing out."""
    return None if session_id == current().session_id else url_for("people.end_session", session_id=session_id)


def shown(person: Person) -> dict[str, Any]:
    """A person's particulars, for a page's head."""
    return {
        "id": person.id,
        "name": person.name,
        "email": person.email,
        "title": person.title,
        "role": person.role,
        "is_guest": person.is_guest,
        "avatar_url": avatar_url(person),
    }


def _read_from_microsoft(visitor: Visitor) -> list[tuple[str, str | None]]:
    """What the account page says was read."""
    return [
        ("Full name", visitor.name),
        ("Email address", visitor.email),
        ("Title", visitor.title),
        ("Picture", "Read" if visitor.has_picture else None),
    ]
