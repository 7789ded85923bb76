"""What an authorization request leads to: a code, a page, or an error. A pure function."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.applications.provider.errors import ProtocolError
from app.applications.provider.parameters import AuthorizationRequest
from app.applications.queries import Access, Organization
from app.sessions.browser_sessions import BrowserSession


class Step(StrEnum):
    ISSUE_CODE = "issue_code"
    SIGN_IN = "sign_in"
    CHOOSE_ACCOUNT = "choose_account"
    """The login page, although someone is signed in."""
    SIGN_UP = "sign_up"
    REAUTHENTICATE = "reauthenticate"
    NO_ACCESS = "no_access"
    """The page that says so, and how to get access."""


@dataclass(frozen=True)
class SignedIn:
    """Who is signed in in this browser."""

    session: BrowserSession
    subject: str
    """What the application knows the person as."""
    access: Access

    @property
    def auth_time(self) -> datetime:
        """When the person last authenticated."""
        return max(self.session.auth_time, self.session.reauthenticated_at or self.session.auth_time)


def next_step(
    request: AuthorizationRequest,
    signed_in: SignedIn | None,
    organization: Organization | None,
    *,
    began_at: datetime,
    moment: datetime,
) -> Step:
    """`organization` is the company that was asked for, and `signed_in` then a session there. `began_at` is when the
    request first arrived: what happened since was done for it. Raises ProtocolError.
    """
    if organization and not organization.is_for_application:
        raise ProtocolError("access_denied", "This application is not available to this organization")
    step = _step(request, signed_in, began_at=began_at, moment=moment)
    if step is not Step.ISSUE_CODE and request.is_silent:
        raise ProtocolError("login_required", "The person has to sign in; repeat the request without prompt=none")
    return step


def _step(
    request: AuthorizationRequest,
    signed_in: SignedIn | None,
    *,
    began_at: datetime,
    moment: datetime,
) -> Step:
    if signed_in is None:
        return Step.SIGN_UP if "create" in request.prompt else Step.SIGN_IN
    has_just_signed_in = signed_in.access.began_at >= began_at
    if request.subject and request.subject != signed_in.subject:
        if has_just_signed_in:
            raise ProtocolError("access_denied", "Another person signed in than the one asked for")
        return Step.CHOOSE_ACCOUNT
    if not has_just_signed_in and {"select_account", "create"} & request.prompt:
        return Step.SIGN_UP if "create" in request.prompt else Step.CHOOSE_ACCOUNT
    if not signed_in.access.is_allowed:
        if request.is_silent:
            raise denied(signed_in.access)
        return Step.NO_ACCESS
    if _has_to_authenticate(request, signed_in, began_at, moment):
        return Step.REAUTHENTICATE
    return Step.ISSUE_CODE


def denied(access: Access) -> ProtocolError:
    """Why someone who is signed in may not use the application."""
    if not access.is_for_company:
        return ProtocolError("access_denied", "This application is not available to the organization of this person")
    return ProtocolError("access_denied", "This person has none of the roles that may use this application")


def _has_to_authenticate(
    request: AuthorizationRequest, signed_in: SignedIn, began_at: datetime, moment: datetime
) -> bool:
    """Whether it isn't proven that the person authenticated as recently as the request wants."""
    reauthenticated_at = signed_in.session.reauthenticated_at
    is_new = reauthenticated_at is not None and reauthenticated_at >= began_at
    is_old = request.max_age is not None and moment - signed_in.auth_time > timedelta(seconds=request.max_age)
    return not is_new and ("login" in request.prompt or is_old)
