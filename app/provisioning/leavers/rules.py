"""How often Microsoft is asked, and what its answers mean. Pure functions."""

import random
from collections.abc import Collection
from datetime import timedelta
from enum import Enum

EVERY = timedelta(minutes=10)
JITTER = 0.1
"""The share by which an interval may be shorter, so that the checks of many sessions spread."""
MOST_PER_MINUTE = 120
"""Checks of one connection that a worker begins in a minute: its directory limits requests."""
GONE = frozenset({50057, 50034})
"""The account is disabled, or no longer exists."""
REVOKED = 50173
"""The sessions were revoked, by an admin or a new password."""


class Verdict(Enum):
    GONE = "gone"
    """The person has left: all their sessions through the connection end."""
    REVOKED = "revoked"
    """This session ends."""
    NONE = "none"
    """Nothing changes: only those numbers are certain."""


def is_final(error: str) -> bool:
    """Whether the refresh token will never be accepted again, though nothing is certain about the person: it expired,
    for example, or a policy wants them to sign in again.
    """
    return error == "invalid_grant"


def verdict(error: str, codes: Collection[int]) -> Verdict:
    """What an OAuth error means that a refresh token was answered with."""
    if not is_final(error):
        return Verdict.NONE
    if GONE & {*codes}:
        return Verdict.GONE
    return Verdict.REVOKED if REVOKED in codes else Verdict.NONE


def interval() -> timedelta:
    """Until the next check."""
    return EVERY * (1 - random.random() * JITTER)  # noqa: S311 - nothing depends on it
