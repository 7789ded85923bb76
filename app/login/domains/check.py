"""Checks of a domain's record: when an admin asks for one, and once a day."""

from uuid import UUID

from app.companies.domains import actions, queries
from app.companies.domains.actions import Effect
from app.companies.domains.models import Domain
from app.companies.domains.verification import Finding, examine
from app.core.database import now, release_connection
from app.core.dns_lookup import dns_lookup
from app.core.tasks import task
from app.core.unit_of_work import unit_of_work
from app.login.domains import notifications


def check(domain: Domain, *, actor_id: UUID | None = None) -> Finding:
    """Looks up the record, outside of any unit of work, and stores what follows from it in a unit of its own."""
    domain_id, token = domain.id, domain.token
    release_connection()
    finding = examine(domain.name, token, domain.previous_token, dns_lookup().txt)
    with unit_of_work():
        effect = actions.apply_check(domain_id, token, finding, actor_id=actor_id)
        if effect in (Effect.WARN, Effect.LOST):
            notifications.tell(domain_id, is_lost=effect is Effect.LOST)
    return finding


def enqueue_due() -> None:
    """Enqueues the daily check of each proven domain. Idempotent."""
    for domain_id in queries.due_for_check(now() - actions.CHECK_EVERY):
        check_domain.enqueue(domain_id=str(domain_id))


@task(retries=0, retry_seconds=0)
def check_domain(domain_id: str) -> None:
    with unit_of_work():
        is_claimed = actions.claim_check(UUID(domain_id))
    domain = queries.by_id(UUID(domain_id))
    if is_claimed and domain:
        check(domain)
