"""A session's refresh token ends with the session."""

from app.audit.events.sign_ins import SessionEnded, SessionExpired
from app.audit.log import subscribe
from app.provisioning.leavers import actions
from app.provisioning.leavers.models import UpstreamToken


def subscribe_to_events() -> None:
    subscribe(SessionEnded)(_forget)
    subscribe(SessionExpired)(_forget)


def _forget(event: SessionEnded | SessionExpired) -> None:
    actions.forget(UpstreamToken.company_id == event.company_id, UpstreamToken.session_id == event.session)
