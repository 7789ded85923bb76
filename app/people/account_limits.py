"""All limits of an account. They are keyed by company and email address, so the limit is the same on every login page
and whether or not the account exists.

A browser that was used to sign in to the account has a separate budget, which strangers can't use up.
"""

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import UUID

from app.core.email_address import normalize_email
from app.http.client_info import this_network
from app.http.rate_limits import (
    ACCESS_REQUEST_LIMIT,
    DOMAIN_CHECK_LIMIT,
    EMAILED_LINK_LIMIT,
    NETWORK_EMAILS,
    RESERVED_MAIL,
    WRONG_FACTORS,
    WRONG_PASSWORDS_LIMIT,
    Attempt,
    Budget,
    Limit,
    LimitReached,
    Where,
    limiter,
)
from app.people import devices
from app.people.models import Person
from app.people.one_time_tokens.models import EmailTokenPurpose

LONGEST_TYPED = 400


def try_password(company_id: UUID, address: str, person: Person | None) -> AbstractContextManager[Attempt]:
    """Counts a password attempt by a visitor who is not signed in; the count is returned unless it fails. Raises
    LimitReached.
    """
    account = _key(company_id, address, person)
    if browser := devices.known(person) or devices.has_proven_mailbox(person):
        return limiter.attempt(Budget(WRONG_PASSWORDS_LIMIT, Where.BROWSER, f"{account}:{browser}"))
    network = Budget(WRONG_PASSWORDS_LIMIT, Where.NETWORK, this_network())
    return limiter.attempt(network, Budget(WRONG_PASSWORDS_LIMIT, Where.ACCOUNT, account))


def try_factor(person: Person) -> AbstractContextManager[Attempt]:
    """The same for a second factor, which is only asked for after the right password."""
    account = _key(person.company_id, "", person)
    if browser := devices.known(person):
        return limiter.attempt(Budget(WRONG_FACTORS, Where.BROWSER, f"{account}:{browser}"))
    return limiter.attempt(Budget(WRONG_FACTORS, Where.ACCOUNT, account))


def try_again(limit: Limit, person: Person) -> AbstractContextManager[Attempt]:
    """The same for a signed-in person who reauthenticates. Other people's attempts don't count here."""
    account = _key(person.company_id, "", person)
    return limiter.attempt(Budget(limit, Where.ACCOUNT, f"{account}:signed-in"))


def unlock_password(person: Person) -> None:
    """Clears the count of wrong passwords from strangers. The limit of the second factor is unchanged."""
    limiter.clear(Budget(WRONG_PASSWORDS_LIMIT, Where.ACCOUNT, _key(person.company_id, "", person)))


def count_mail(purpose: EmailTokenPurpose, company_id: UUID, address: str, find: Callable[[], Person | None]) -> None:
    """Counts an email to the account. Beyond the limit, one more per day is reserved for a browser that was used to
    sign in to the account. Raises LimitReached.
    """
    key = f"{purpose}:{_key(company_id, address, None)}"
    try:
        limiter.count(
            Budget(NETWORK_EMAILS, Where.NETWORK, this_network()), Budget(EMAILED_LINK_LIMIT, Where.ACCOUNT, key)
        )
    except LimitReached:
        if not (devices.is_known_anywhere() and devices.known(find())):
            raise
        limiter.count(Budget(RESERVED_MAIL, Where.ACCOUNT, key))


def count_access_request(person_id: UUID) -> None:
    """Counts an email to admins about a signed-in person's request for access. Raises LimitReached."""
    limiter.count(Budget(ACCESS_REQUEST_LIMIT, Where.ACCOUNT, str(person_id)))


def count_domain_check(company_id: UUID) -> None:
    """Counts a check of a company's DNS records. Raises LimitReached."""
    limiter.count(Budget(DOMAIN_CHECK_LIMIT, Where.ACCOUNT, str(company_id)))


def count_companies_email(address: str) -> None:
    """Counts an email that lists the companies of an address. Raises LimitReached."""
    key = hashlib.sha256(f"companies {normalize_email(address)}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
    limiter.count(Budget(NETWORK_EMAILS, Where.NETWORK, this_network()), Budget(EMAILED_LINK_LIMIT, Where.ACCOUNT, key))


def _key(company_id: UUID, address: str, person: Person | None) -> str:
    """The account's key, which doesn't reveal the address. An existing account has one key, however its address is
    typed.
    """
    looked_up = person.sign_in_email or str(person.id) if person else normalize_email(address[:LONGEST_TYPED])
    return hashlib.sha256(f"{company_id} {looked_up}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
