"""Every limit of an account: keyed by its company and the address that is looked up, so that it is the same limit
whatever the login page, and whether or not there is such an account.

A browser that the account was signed in with has a budget of its own instead: strangers can't use that up.
"""

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import UUID

from app.email_address import normalize_email
from app.http.client_info import this_network
from app.http.rate_limits import (
    EMAILED_LINK_LIMIT,
    NETWORK_MAILS,
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
    """Counts a password that somebody types who is not signed in; given back unless it fails. Raises LimitReached."""
    account = _key(company_id, address, person)
    if browser := devices.known(person) or devices.has_proven_mailbox(person):
        return limiter.attempt(Budget(WRONG_PASSWORDS_LIMIT, Where.BROWSER, f"{account}:{browser}"))
    network = Budget(WRONG_PASSWORDS_LIMIT, Where.NETWORK, this_network())
    return limiter.attempt(network, Budget(WRONG_PASSWORDS_LIMIT, Where.ACCOUNT, account))


def try_factor(person: Person) -> AbstractContextManager[Attempt]:
    """The same for a second step, which only somebody gets to see who knows the password."""
    account = _key(person.company_id, "", person)
    if browser := devices.known(person):
        return limiter.attempt(Budget(WRONG_FACTORS, Where.BROWSER, f"{account}:{browser}"))
    return limiter.attempt(Budget(WRONG_FACTORS, Where.ACCOUNT, account))


def try_again(limit: Limit, person: Person) -> AbstractContextManager[Attempt]:
    """The same for what somebody who is signed in is asked for once more. Others' guesses don't count here."""
    account = _key(person.company_id, "", person)
    return limiter.attempt(Budget(limit, Where.ACCOUNT, f"{account}:signed-in"))


def unlock_password(person: Person) -> None:
    """Forgets wrong passwords that strangers gave. The second step's limit stays as it is."""
    limiter.clear(Budget(WRONG_PASSWORDS_LIMIT, Where.ACCOUNT, _key(person.company_id, "", person)))


def count_mail(purpose: EmailTokenPurpose, company_id: UUID, address: str, find: Callable[[], Person | None]) -> None:
    """Counts an email to the account. Beyond the limit one more a day is left for a browser that the account was
    signed in with. Raises LimitReached."""
    key = f"{purpose}:{_key(company_id, address, None)}"
    try:
        limiter.count(
            Budget(NETWORK_MAILS, Where.NETWORK, this_network()), Budget(EMAILED_LINK_LIMIT, Where.ACCOUNT, key)
        )
    except LimitReached:
        if not (devices.is_known_anywhere() and devices.known(find())):
            raise
        limiter.count(Budget(RESERVED_MAIL, Where.ACCOUNT, key))


def _key(company_id: UUID, address: str, person: Person | None) -> str:
    """The account's, which says nothing of the address. However it was typed, an account that was found is one."""
    looked_up = person.sign_in_email or str(person.id) if person else normalize_email(address[:LONGEST_TYPED])
    return hashlib.sha256(f"{company_id} {looked_up}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
