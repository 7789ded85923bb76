"""The state of a connection, computed in one place for the banner, the list, its page and every check."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from app.companies.models import PasswordSignIn
from app.connections import queries
from app.connections.models import Connection, Draft, Flow
from app.entra_apps.expiry import CredentialValidity, admin_banner, is_valid
from app.entra_apps.models import ClientCredential
from app.http.current import CredentialStatus


class ConnectionState(StrEnum):
    """The state shown as a connection's label. Those after ACTIVE are the credential statuses, which the banner
    uses, too.
    """

    DRAFT = "draft"
    INACTIVE = "inactive"
    ACTIVE = "active"
    ENDS = CredentialStatus.ENDS
    ENDED = CredentialStatus.ENDED
    REFUSED = CredentialStatus.REFUSED
    UNREADABLE = CredentialStatus.UNREADABLE
    MISSING = CredentialStatus.MISSING


WORKS = frozenset((ConnectionState.ACTIVE, ConnectionState.ENDS))


class Removal(StrEnum):
    """The consequence of removing a credential."""

    HARMLESS = "harmless"
    NO_SERVER_SIGN_IN = "no_server_sign_in"
    """For a single-page connection: no fallback for browsers without JavaScript."""
    NO_SIGN_IN = "no_sign_in"
    """No one can sign in through the connection."""
    LOCKS_OUT = "locks_out"
    """No one can sign in at all."""


def term(credential: ClientCredential) -> CredentialValidity:
    refused, unreadable = credential.refused_at, credential.unreadable_at
    return CredentialValidity(
        credential.expires, refused.date() if refused else None, unreadable.date() if unreadable else None
    )


def state_of(draft: Draft, today: date) -> ConnectionState:
    connection = draft.connection
    if connection is None:
        return ConnectionState.DRAFT
    if not connection.is_enabled:
        return ConnectionState.INACTIVE
    terms = [term(one) for one in connection.entra_app.credentials]
    found = admin_banner(draft.id, connection.title, terms, today, is_needed=connection.flow == Flow.SERVER)
    return ConnectionState(found.status) if found else ConnectionState.ACTIVE


def last_day(connection: Connection, today: date) -> date | None:
    """The last day on which one of its credentials works; None if none does, or if the last one doesn't expire."""
    return max(
        (one.expires for one in map(term, connection.entra_app.credentials) if one.expires and is_valid(one, today)),
        default=None,
    )


def working(company_id: UUID, today: date) -> list[Connection]:
    """The connections that work: enabled, with a working credential if one is needed."""
    return [
        draft.connection
        for draft in queries.drafts(company_id)
        if draft.connection
        and draft.connection.is_enabled
        and (draft.connection.flow == Flow.SPA or state_of(draft, today) in WORKS)
    ]


def is_only_sign_in_method(connection: Connection, today: date) -> bool:
    """Whether no one could sign in at all without this connection."""
    if connection.company.password_sign_in != PasswordSignIn.NO_ONE or not connection.is_enabled:
        return False
    return all(other.id == connection.id for other in working(connection.company_id, today))


def removal(draft: Draft, credential: ClientCredential, today: date) -> Removal:
    """The consequence of removing this credential. A rejected or expired one replaces none."""
    connection = draft.connection
    if connection is None or credential not in connection.entra_app.credentials:
        return Removal.HARMLESS
    if any(one is not credential and is_valid(term(one), today) for one in connection.entra_app.credentials):
        return Removal.HARMLESS
    if connection.flow == Flow.SPA:
        return Removal.NO_SERVER_SIGN_IN
    return Removal.LOCKS_OUT if is_only_sign_in_method(connection, today) else Removal.NO_SIGN_IN
