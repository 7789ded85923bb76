"""Refresh tokens end with their session or grant."""

from collections.abc import Sequence
from uuid import UUID

from app.applications.grants import watching
from app.applications.grants.queries import GrantState
from app.audit.events.sign_ins import SessionEnded, SessionExpired
from app.audit.log import subscribe
from app.core.batches import in_batches
from app.provisioning.leavers.models import UpstreamToken

# Actions are imported where they are used: they import what talks to Microsoft, which no command that ends sessions
# needs at its start.


def subscribe_to_events() -> None:
    subscribe(SessionEnded)(_session_ended)
    subscribe(SessionExpired)(_session_ended)
    watching.offline_granted.add(_keep)
    watching.revoked.add(_forget)


def _session_ended(event: SessionEnded | SessionExpired) -> None:
    from app.provisioning.leavers import actions

    actions.session_ended(event.company_id, event.session)


def _keep(grant: GrantState) -> None:
    from app.provisioning.leavers import actions

    actions.keep_for_grant(grant)


def _forget(grant_ids: Sequence[UUID]) -> None:
    from app.provisioning.leavers import actions

    for some in in_batches(grant_ids, 500):
        actions.forget(UpstreamToken.grant_id.in_(some))
