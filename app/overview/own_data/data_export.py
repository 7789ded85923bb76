"""All data stored about one person: for a page, and as one JSON document."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.applications.backchannel.models import LogoutDelivery
from app.applications.grants.models import Grant, PersonPicture
from app.applications.models import AccessRequest, PersonRole
from app.core.database import Base, db, now, release_connection
from app.overview.audit_log import queries
from app.overview.audit_log.export import event_of
from app.people.avatars import MIME_TYPE
from app.people.invitations.models import Invitation
from app.people.models import Avatar, Person
from app.people.one_time_tokens.models import EmailToken, RecoveryCode
from app.people.two_step.models import Authenticator, Passkey
from app.provisioning.leavers.models import UpstreamToken
from app.provisioning.roles.models import DirectorySnapshot, MappedAdmin
from app.provisioning.scim.models import ScimUser
from app.sessions.models import Session

SECRET, KNOWN = "a secret, or its hash", "the ID of the person or the company"

WITHHELD: dict[type[Base], dict[str, str]] = {
    Person: {
        "password_hash": SECRET,
        "sort_name": "the name again, folded for sorting",
        "avatar_hash": "part of the photo itself",
        "may_duplicate_id": "the ID of another person",
    },
    Session: {
        "token_hash": SECRET,
        "public_id": SECRET,
        "browser_hash": SECRET,
        "transaction_id": SECRET,
        "microsoft_sid": SECRET,
        "login_hint": SECRET,
        "company_id": KNOWN,
        "person_id": KNOWN,
    },
    Authenticator: {
        "secret_sealed": SECRET,
        "replacement_sealed": SECRET,
        "last_step": SECRET,
        "company_id": KNOWN,
        "person_id": KNOWN,
    },
    Passkey: {"credential_id": SECRET, "public_key": SECRET, "company_id": KNOWN, "person_id": KNOWN},
    RecoveryCode: {"key_hash": SECRET, "company_id": KNOWN, "person_id": KNOWN},
    EmailToken: {"key_hash": SECRET, "company_id": KNOWN, "person_id": KNOWN},
    Invitation: {"key_hash": SECRET, "company_id": KNOWN, "person_id": KNOWN},
    Grant: {
        "code_hash": SECRET,
        "cookie_hash": SECRET,
        "code_challenge": SECRET,
        "nonce": SECRET,
        "company_id": KNOWN,
        "person_id": KNOWN,
    },
    LogoutDelivery: {"uri": "an address of the application", "company_id": KNOWN, "person_id": KNOWN},
    PersonRole: {"company_id": KNOWN, "person_id": KNOWN, "assigned_by_id": "another person"},
    UpstreamToken: {"refresh_token_sealed": SECRET, "company_id": KNOWN, "person_id": KNOWN},
    DirectorySnapshot: {"company_id": KNOWN, "person_id": KNOWN},
    MappedAdmin: {"company_id": KNOWN, "person_id": KNOWN},
    AccessRequest: {"company_id": KNOWN, "person_id": KNOWN},
    PersonPicture: {
        "token": SECRET,
        "avatar_hash": "part of the photo itself",
        "company_id": KNOWN,
        "person_id": KNOWN,
    },
    ScimUser: {
        "user_name_key": "the user name again, folded for comparing",
        "email_key": "the address again, folded for comparing",
        "company_id": KNOWN,
        "person_id": KNOWN,
    },
}
"""Columns that are withheld, and why; every other one is included."""

PARTS: dict[str, Any] = {
    "sessions": Session,
    "authenticators": Authenticator,
    "passkeys": Passkey,
    "recovery_keys": RecoveryCode,
    "mailed_keys": EmailToken,
    "invitations": Invitation,
    "application_grants": Grant,
    "application_sign_outs": LogoutDelivery,
    "application_roles": PersonRole,
    "directory_memberships": DirectorySnapshot,
    "admin_mappings": MappedAdmin,
    "microsoft_refresh_tokens": UpstreamToken,
    "access_requests": AccessRequest,
    "application_pictures": PersonPicture,
    "directory_users": ScimUser,
}
"""The models with a person's data, by their name in the document."""


def about(company_id: UUID, person_id: UUID) -> dict[str, Any]:
    """The person's row without secrets, and the number of sessions."""
    person = _person(company_id, person_id)
    sessions = sa.select(sa.func.count()).where(Session.company_id == company_id, Session.person_id == person_id)
    return {
        **_handed_out(person),
        "has_password": person.password_hash is not None,
        "has_picture": person.avatar_hash is not None,
        "sessions": db.session.scalar(sessions),
    }


def as_json(company_id: UUID, person_id: UUID) -> Iterator[str]:
    """The document in pieces, so that a long history is never in memory as a whole."""
    person = _person(company_id, person_id)
    picture = db.session.scalar(sa.select(Avatar.content).where(Avatar.hash == person.avatar_hash))
    first = {
        "written_at": now(),
        "person": {**_handed_out(person), "has_password": person.password_hash is not None},
        "read_from_microsoft": _read_from_microsoft(person),
        "picture": f"data:{MIME_TYPE};base64,{base64.b64encode(picture).decode()}" if picture else None,
        **{name: _theirs(model, person) for name, model in PARTS.items()},
    }
    release_connection()
    yield json.dumps(first, ensure_ascii=False, indent=2, default=_plain)[:-2]
    yield ',\n  "history": ['
    between = "\n"
    for entries in queries.batches(company_id, queries.AuditFilter(person_id=person_id)):
        for one in event_of(company_id, entries):
            yield f"{between}    {json.dumps(one, ensure_ascii=False)}"
            between = ",\n"
    yield "\n  ]\n}\n"


def _person(company_id: UUID, person_id: UUID) -> Person:
    return db.session.scalars(sa.select(Person).where(Person.company_id == company_id, Person.id == person_id)).one()


def _theirs(model: Any, person: Person) -> list[dict[str, Any]]:
    rows = sa.select(model).where(model.company_id == person.company_id, model.person_id == person.id)
    return [_handed_out(row) for row in db.session.scalars(rows.order_by(model.id.desc()))]


def _handed_out(row: Base) -> dict[str, Any]:
    withheld = WITHHELD[type(row)]
    columns = sa.inspect(type(row)).column_attrs
    return {column.key: getattr(row, column.key) for column in columns if column.key not in withheld}


def _read_from_microsoft(person: Person) -> dict[str, Any] | None:
    if person.oid is None:
        return None
    return {
        "read_at": person.synced_at,
        "fields": {"full_name": person.name, "email_address": person.email, "title": person.title},
        "picture": person.avatar_hash is not None,
    }


def _plain(value: Any) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
