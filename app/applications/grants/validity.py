"""Whether a grant is still valid: a pure function, which every use of a grant asks."""

from datetime import datetime, timedelta

from app.applications.grants.queries import GrantState
from app.applications.queries import may_use
from app.sessions.limits import is_active

LONGEST_OFFLINE = timedelta(days=90)


def is_valid(grant: GrantState, moment: datetime) -> bool:
    return is_alive(grant, moment) and is_allowed(grant)


def is_allowed(grant: GrantState) -> bool:
    """Whether the application is for this person."""
    return grant.is_for_company and may_use(grant.roles, grant.allowed_roles)


def is_alive(grant: GrantState, moment: datetime) -> bool:
    return grant.revoked_at is None and is_signed_in(grant, moment)


def is_signed_in(grant: GrantState, moment: datetime) -> bool:
    """Whether the person is still signed in, also if the grant was revoked. With offline access it survives sign-out
    and the idle limit, but nothing else that ends a session.
    """
    if not (grant.application_is_enabled and grant.company_is_active and grant.person_is_active):
        return False
    if grant.is_offline:
        return moment < offline_end(grant)
    return (
        grant.session_ended_at is None
        and grant.session_expires_at > moment
        and is_active(grant.session_began_at, grant.last_seen_at, grant.limits, moment)
    )


def offline_end(grant: GrantState) -> datetime:
    """When offline access ends: no later than the longest session that the company allows, unless Microsoft is asked
    from time to time whether the person is still there.
    """
    longest = grant.created_at + LONGEST_OFFLINE
    return longest if grant.is_watched else min(grant.session_began_at + grant.limits.longest, longest)
