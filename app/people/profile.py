"""A person's profile, read from Microsoft Graph with the access token of a sign-in."""

from uuid import UUID

from app.core.database import encryptor, release_connection
from app.core.tasks import task
from app.core.unit_of_work import unit_of_work
from app.entra.errors import OAuthError
from app.entra.graph import Profile
from app.microsoft_clients import microsoft
from app.people import actions, queries

FIRST_WAIT_SECONDS = 3.0
"""Seconds that a first sign-in, or a person who pressed “Sync now”, waits for Graph."""
QUEUED_WAIT_SECONDS = 10.0


def read(access_token: str, oid: str, *, within: float) -> Profile:
    """The profile from Graph. Raises entra.errors.MicrosoftError, also if the token belongs to another person."""
    profile = microsoft().graph.profile(access_token, within=within)
    if profile.oid != oid:
        raise OAuthError("other_person", "Graph’s ID isn’t the token’s oid")
    return profile


def read_later(company_id: UUID, person_id: UUID, access_token: str) -> None:
    """Enqueues reading the profile. The token is encrypted and bound to this person."""
    sealed = encryptor().encrypt(access_token, _place(person_id))
    sync_profile.enqueue(company_id=str(company_id), person_id=str(person_id), sealed_token=sealed)


@task(retries=4, retry_seconds=60)
def sync_profile(company_id: str, person_id: str, sealed_token: str) -> None:
    whose = UUID(company_id), UUID(person_id)
    before = queries.profile_sync_state(*whose)
    if before is None:
        return
    token = encryptor().decrypt(sealed_token, _place(whose[1]))
    release_connection()
    profile = read(token, before.oid, within=QUEUED_WAIT_SECONDS)
    with unit_of_work():
        actions.apply_profile(*whose, profile, before)


def _place(person_id: UUID) -> str:
    return f"sync_profile:{person_id}"
