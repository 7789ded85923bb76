"""A person's profile, read from Microsoft Graph with the access token of a sign-in."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog

from app.companies.domains import actions as domains
from app.companies.domains import queries as domain_queries
from app.companies.domains.names import a_form, shown
from app.core.database import now, release_connection
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
DOMAINS_EVERY = timedelta(days=1)

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


@dataclass(frozen=True)
class _Wanted:
    """A profile to be read."""

    company_id: UUID
    person_id: UUID
    token: AccessToken | None
    """Microsoft's access tokens last an hour or so; without one the next sign-in reads the profile."""

    @classmethod
    def parse(cls, company_id: str, person_id: str, encrypted_token: str) -> "_Wanted":
        return cls(UUID(company_id), UUID(person_id), ACCESS_TOKEN.find(encrypted_token, person_id))


def sync_together(arguments: Sequence[dict[str, str]]) -> list[Exception | None]:
    """Reads profiles, one after the other, and stores those that were read with one write. Returns what failed.

    All of them take no longer than one may, so that a worker that is told to stop doesn't wait for each.
    """
    ends = time.monotonic() + QUEUED_WAIT_SECONDS
    failures: list[Exception | None] = [None] * len(arguments)
    wanted = dict(enumerate(_Wanted.parse(**one) for one in arguments))
    states = queries.profile_sync_states([(one.company_id, one.person_id) for one in wanted.values()])
    came: list[actions.ReadProfile] = []
    admins: list[tuple[UUID, str, str]] = []
    for number, one in wanted.items():
        before = states.get((one.company_id, one.person_id))
        if before is None or one.token is None:
            continue
        try:
            profile = read(one.token.value, before.oid, within=ends - time.monotonic())
        except MicrosoftError as error:
            failures[number] = error
        else:
            came.append(actions.ReadProfile(one.company_id, one.person_id, profile, before))
            if before.is_admin:
                admins.append((one.company_id, before.tid, one.token.value))
    if came:
        with unit_of_work():
            actions.apply_profiles(came)
    for company_id, tid, token in admins:
        _read_tenant_domains(company_id, tid, token, within=ends - time.monotonic())
    return failures


@task(retries=4, retry_seconds=60, together=sync_together)
def sync_profile(company_id: str, person_id: str, encrypted_token: str) -> None:
    (failure,) = sync_together([{"company_id": company_id, "person_id": person_id, "encrypted_token": encrypted_token}])
    if failure:
        raise failure


def _read_tenant_domains(company_id: UUID, tid: str, access_token: str, *, within: float) -> None:
    """An admin's token also tells which domains the tenant has verified; addresses of others can be anything. They
    rarely change, so they are read once a day.
    """
    read_at = domain_queries.tenant_domains_read_at(company_id, tid)
    if read_at and read_at > now() - DOMAINS_EVERY:
        return
    release_connection()
    try:
        listed = microsoft().graph.verified_domains(access_token, within=within)
    except MicrosoftError as error:
        # Their next sign-in reads it.
        log.warning("tenant_domains_not_read", kind=type(error).__name__, what=str(error))
        return
    known = {shown(name) for name in map(a_form, listed) if name}
    with unit_of_work():
        domains.set_tenant_domains(company_id, tid, known)
