"""Whether what a client presents proves that it is the directory of a connection."""

import hashlib
import hmac
import time
from datetime import timedelta
from uuid import UUID

from app.core.database import insert_if_absent, now, release_connection
from app.core.retention import delete_older_than
from app.entra.errors import InvalidIdToken
from app.entra.workload_assertions import LONGEST_LIFE_SECONDS, ExpectedWorkload, WorkloadAssertion, validate
from app.microsoft_clients import microsoft
from app.provisioning.scim.actions import MOST_OF_A_METHOD, works
from app.provisioning.scim.models import ScimAccessToken, SpentScimAssertion
from app.provisioning.scim.queries import Client, HeldCredential
from app.sessions.limits import token_hash

NO_HASH = "0" * 64
"""No secret has it."""
REASONS = {
    "audience": "assertion_audience",
    "subject": "assertion_subject",
    "application": "assertion_application",
    "issuer": "assertion_issuer",
    "tenant": "assertion_issuer",
    "expired": "assertion_expired",
    "signature": "assertion_signature",
    "unknown_key": "assertion_signature",
}
"""What the validator says, as the audit log words it; the rest is one reason."""
INVALID_ASSERTION, WRONG_SECRET = "assertion_invalid", "client_secret_wrong"
KEPT_FOR = timedelta(seconds=LONGEST_LIFE_SECONDS, minutes=15)
BATCH = 1000


class Refused(Exception):
    """`reason` is a name that `audit/reasons.py` puts into words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def by_secret(client: Client | None, secret: str) -> HeldCredential:
    """The credential with this secret. Takes the same time whether there is such a client, and whichever of its
    secrets it is. Raises Refused.
    """
    presented = token_hash(secret)
    held = list(client.credentials) if client else []
    hashes = [one.token_hash or NO_HASH for one in held] + [NO_HASH] * (MOST_OF_A_METHOD - len(held))
    matching = [hmac.compare_digest(one, presented) for one in hashes]
    found = next((one for one, matches in zip(held, matching, strict=False) if matches), None)
    if found is None:
        raise Refused(WRONG_SECRET)
    if not works(found, now()):
        raise Refused("client_secret_expired")
    return found


def by_assertion(client: Client | None, assertion: str) -> tuple[HeldCredential, WorkloadAssertion]:
    """The trust under which the assertion is valid. Outside of a unit of work: Microsoft may be asked for keys.

    Raises Refused, and MicrosoftError if the keys can't be read.
    """
    if client is None or not client.credentials:
        raise Refused(INVALID_ASSERTION)
    release_connection()
    reasons = []
    for trusted in client.credentials:
        try:
            return trusted, _validated(client.tenant, trusted, assertion)
        except InvalidIdToken as error:
            reasons.append(error.reason)
    # Of two trusts, what is wrong with the newer one.
    raise Refused(REASONS.get(reasons[-1], INVALID_ASSERTION))


def _validated(tenant: str, trusted: HeldCredential, assertion: str) -> WorkloadAssertion:
    directory = microsoft().discovery
    assert trusted.application
    assert trusted.subject
    expected = ExpectedWorkload(directory.metadata(tenant).issuer, tenant, trusted.application, trusted.subject)
    return validate(assertion, expected, lambda kid: directory.signing_key(tenant, kid), time.time())


def spend(company_id: UUID, connection_id: UUID, assertion: WorkloadAssertion) -> bool:
    """Marks the assertion as used; returns True once, also for concurrent attempts."""
    digest = hashlib.sha256(f"{connection_id} {assertion.identity}".encode("utf-8", "surrogatepass")).hexdigest()
    return insert_if_absent(SpentScimAssertion(company_id=company_id, digest=digest))


def purge() -> int:
    """Deletes what can't be used any longer, in batches; returns how many rows."""
    tokens = delete_older_than(ScimAccessToken, timedelta(days=1), BATCH)
    return tokens + delete_older_than(SpentScimAssertion, KEPT_FOR, BATCH)
