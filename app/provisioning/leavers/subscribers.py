"""A session's refresh token ends with the session."""

from app.audit.events.sign_ins import SessionEnded, SessionExpired
from app.audit.log import subscribe
from app.provisioning.leavers.models import UpstreamToken


def subscribe_to_events() -> None:
    subscribe(SessionEnded)(_forget)
    subscribe(SessionExpired)(_forget)


def _forget(event: SessionEnded | SessionExpired) -> None:
    # Imported here: it brings what talks to Microsoft, which no command that ends sessions needs at its start.
    from app.provisioning.leavers import actions

    actions.forget(UpstreamToken.company_id == event.company_id, UpstreamToken.session_id == event.session)
