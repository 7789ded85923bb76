"""Whether a request may pass. A pure function, which every check and every refusal asks."""

from datetime import datetime
from enum import StrEnum

from app.applications.forward_auth.queries import ProtectedApplication
from app.applications.grants.validity import is_alive, is_allowed, is_signed_in


class Verdict(StrEnum):
    ALLOWED = "allowed"
    SIGN_IN = "sign_in"
    """No one is signed in; a sign-in may help."""
    NO_ACCESS = "no_access"
    """Someone is signed in who may not use the application; signing in again would lead here again."""
    DISABLED = "disabled"
    """The application is disabled, or there is none."""


def verdict(application: ProtectedApplication | None, moment: datetime) -> Verdict:
    if application is None or not application.is_enabled:
        return Verdict.DISABLED
    grant = application.grant
    if grant is None or not is_signed_in(grant, moment):
        return Verdict.SIGN_IN
    if not is_allowed(grant):
        # Its grant was revoked for that reason.
        return Verdict.NO_ACCESS
    return Verdict.ALLOWED if is_alive(grant, moment) else Verdict.SIGN_IN
