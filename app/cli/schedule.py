"""Scheduled work.

Warnings are due on a day but checked every hour: what a worker missed while it was down is done within an hour after
its start, and only once, however many workers there are.
"""

from collections.abc import Callable

from app.applications.backchannel import delivery
from app.applications.grants import actions as grants
from app.applications.provider import client_assertions, stored_requests
from app.applications.signing_keys import rotation
from app.connections import notifications
from app.core.tasks import every_minute, heartbeat, hourly, one_by_one
from app.core.unit_of_work import unit_of_work
from app.crm import notifications as crm_notifications
from app.crm.sync import sync
from app.login.domains import check as domain_checks
from app.overview.company import worker as company_worker
from app.people.imports import import_job
from app.people.one_time_tokens import actions as one_time_tokens
from app.people.two_step import challenges
from app.provisioning.leavers import checks, watch
from app.provisioning.roles import sync as directory_roles
from app.provisioning.scim import notifications as scim_notifications
from app.provisioning.scim import request_log
from app.provisioning.scim.token import authentication as scim_tokens
from app.sessions import actions as sessions
from app.sessions import expiry


@hourly
def send_expiry_warnings() -> None:
    warnings = (
        notifications.send_expiry_warnings,
        crm_notifications.send_expiry_warnings,
        scim_notifications.send_expiry_warnings,
    )
    one_by_one(warnings, lambda warn: warn())


@hourly
def purge_expired_sessions() -> None:
    _in_batches(sessions.purge_expired)


@hourly
def forget_ended_keys() -> None:
    with unit_of_work():
        one_time_tokens.forget_ended()


@hourly
def forget_spent_challenges() -> None:
    _in_batches(challenges.forget_old)


@hourly
def purge_grants() -> None:
    for purge in (grants.purge, stored_requests.purge, client_assertions.purge):
        _in_batches(purge)


@hourly
def purge_logout_deliveries() -> None:
    _in_batches(delivery.purge)


@hourly
def check_proven_domains() -> None:
    domain_checks.enqueue_due()


@hourly
def purge_scim_requests() -> None:
    for purge in (request_log.purge, scim_tokens.purge):
        _in_batches(purge)


@hourly
def rotate_signing_keys() -> None:
    with unit_of_work():
        rotation.rotate_due()


@hourly
def purge_pending_directory_snapshots() -> None:
    directory_roles.purge_pending()


def _in_batches(purge: Callable[[], object]) -> None:
    """Each batch in a unit of its own, until nothing is left."""
    is_done = False
    while not is_done:
        with unit_of_work():
            is_done = not purge()


@every_minute
def send_heartbeat() -> None:
    heartbeat()


@hourly
def remind_owners_of_deletion() -> None:
    company_worker.remind_owners()


@every_minute
def delete_due_companies() -> None:
    company_worker.delete_due()


@every_minute
def forget_successors() -> None:
    with unit_of_work():
        grants.forget_successors()


@every_minute
def end_expired_sessions() -> None:
    _in_batches(expiry.end_expired)


@every_minute
def check_for_leavers() -> None:
    checks.enqueue_due()


@every_minute
def read_changes_of_users() -> None:
    watch.enqueue_due()


@every_minute
def remove_overdue_directory_roles() -> None:
    directory_roles.remove_overdue()


@every_minute
def deliver_due_logout_tokens() -> None:
    delivery.enqueue_due()


@every_minute
def requeue_stalled_imports() -> None:
    import_job.requeue_stalled()


@every_minute
def sync_due_contacts() -> None:
    sync.enqueue_due()
