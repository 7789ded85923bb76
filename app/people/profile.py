"""A person's profile, read from Microsoft Graph with the access token of a sign-in."""

from dataclasses import dataclass
from uuid import UUID

import structlog

from app.companies.domains import actions as domains
from app.companies.domains.names import a_form, shown
from app.core.database import release_connection
from app.core.sealed_state import SealedState
from app.core.tasks import task
from app.core.unit_of_work import unit_of_work
from app.entra.errors import MicrosoftError, OAuthError
from app.entra.graph import Profile
from app.microsoft_clients import microsoft
from app.people import actions, queries

FIRST_WAIT_SECONDS = 3.0
"""Seconds that a first sign-in, or a person who pressed “Sync now”, waits for Graph."""
QUEUED_WAIT_SECONDS = 10.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class AccessToken:
    value: str


ACCESS_TOKEN = SealedState("profile_access_token", AccessToken, lifetime=24 * 3600)


def read(access_token: str, oid: str, *, within: float) -> Profile:
    """The profile from Graph. Raises entra.errors.MicrosoftError, also if the token belongs to another person."""
    profile = microsoft().graph.profile(access_token, within=within)
    if profile.oid != oid:
        raise OAuthError("other_person", "Graph’s ID isn’t the token’s oid")
    return profile


def read_later(company_id: UUID, person_id: UUID, access_token: str) -> None:
    """Enqueues reading the profile. The token is encrypted and bound to this person."""
    encrypted = ACCESS_TOKEN.encrypt(AccessToken(access_token), str(person_id))
    sync_profile.enqueue(company_id=str(company_id), person_id=str(person_id), encrypted_token=encrypted)


@task(retries=4, retry_seconds=60)
def sync_profile(company_id: str, person_id: str, encrypted_token: str) -> None:
    whose = UUID(company_id), UUID(person_id)
    before = queries.profile_sync_state(*whose)
    if before is None:
        return
    token = ACCESS_TOKEN.find(encrypted_token, person_id)
    if token is None:
        # Microsoft's access tokens last an hour or so; the next sign-in reads the profile.
        return
    release_connection()
    profile = read(token.value, before.oid, within=QUEUED_WAIT_SECONDS)
    with unit_of_work():
        actions.apply_profile(*whose, profile, before)
    if before.is_admin:
        _read_tenant_domains(whose[0], before.tid, token.value)


def _read_tenant_domains(company_id: UUID, tid: str, access_token: str) -> None:
    """An admin's token also tells which domains the tenant has verified; addresses of others can be anything."""
    release_connection()
    try:
        listed = microsoft().graph.verified_domains(access_token, within=QUEUED_WAIT_SECONDS)
    except MicrosoftError as error:
        # Their next sign-in reads it.
        log.warning("tenant_domains_not_read", kind=type(error).__name__, what=str(error))
        return
    known = {shown(name) for name in map(a_form, listed) if name}
    with unit_of_work():
        domains.set_tenant_domains(company_id, tid, known)
