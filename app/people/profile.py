"""A person's profile, read from Microsoft Graph with the access token of a sign-in."""

from uuid import UUID

from app.clients import microsoft
from app.database import db, release_connection, sealer
from app.microsoft.errors import Refused
from app.microsoft.graph import Profile
from app.people import actions, queries
from app.queue import task

FIRST_WAIT_SECONDS = 3.0
"""How long a first sign-in, or somebody who pressed “Sync now”, waits for Graph."""
QUEUED_WAIT_SECONDS = 10.0


def read(access_token: str, oid: str, *, within: float) -> Profile:
    """Raises microsoft.errors.MicrosoftError; Refused, too, when the token is somebody else's."""
    profile = microsoft().graph.profile(access_token, within=within)
    if profile.oid != oid:
        raise Refused("other_person", "Graph's id is not the token's oid")
    return profile


def read_later(company_id: UUID, person_id: UUID, access_token: str) -> bool:
    """After the answer. The token waits sealed, for this person alone."""
    sealed = sealer().seal(access_token, _place(person_id))
    return sync_profile.later(company_id=str(company_id), person_id=str(person_id), sealed_token=sealed)


@task(retries=4, retry_seconds=60)
def sync_profile(company_id: str, person_id: str, sealed_token: str) -> None:
    whose = UUID(company_id), UUID(person_id)
    before = queries.synced(*whose)
    if before is None:
        return
    token = sealer().open(sealed_token, _place(whose[1]))
    release_connection()
    profile = read(token, before.oid, within=QUEUED_WAIT_SECONDS)
    actions.apply_profile(*whose, profile, before)
    db.session.commit()


def _place(person_id: UUID) -> str:
    return f"sync_profile:{person_id}"
