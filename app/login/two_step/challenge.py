"""A sign-in whose first factor was right and whose second is pending. Kept encrypted in the browser's cookie."""

import base64
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import session

from app.core.logging import name_company
from app.core.sealed_state import SealedState
from app.http import page_company
from app.login.transaction import LoginTransaction
from app.people import queries as people
from app.people.models import Person
from app.people.two_step.passkeys import new_challenge

LIFE_SECONDS = 300
KEY = "two_step"


@dataclass(frozen=True)
class TwoStepChallenge:
    company_id: str
    person_id: str
    purpose: str
    """What the transaction is for that continues after the second step."""
    code: str
    """The login code it began at."""
    next: str
    context: dict[str, Any]
    challenge_text: str
    remember: bool = False

    @property
    def challenge(self) -> bytes:
        """The challenge that a passkey signs."""
        return base64.b64decode(self.challenge_text)

    @property
    def transaction(self) -> LoginTransaction:
        """The transaction that continues; the challenge identifies it, so that it is used once."""
        return LoginTransaction(
            self.purpose,
            state=self.challenge_text,
            code=self.code,
            next=self.next,
            context=self.context,
            remember=self.remember,
        )

    @property
    def person(self) -> Person | None:
        name_company(UUID(self.company_id))
        person = people.person(UUID(self.company_id), UUID(self.person_id))
        if person:
            page_company.note(person.company.shown_name, person.company.branding)
        return person


CHALLENGE = SealedState("two_step", TwoStepChallenge, lifetime=LIFE_SECONDS)


def keep(person: Person, transaction: LoginTransaction) -> None:
    """The transaction continues when the person has passed the second step in this browser."""
    pending = TwoStepChallenge(
        company_id=str(person.company_id),
        person_id=str(person.id),
        purpose=transaction.purpose,
        code=transaction.code,
        next=transaction.next,
        context=transaction.context,
        remember=transaction.remember,
        challenge_text=base64.b64encode(new_challenge()).decode(),
    )
    session[KEY] = CHALLENGE.encrypt(pending, "")


def find() -> TwoStepChallenge | None:
    """This browser's pending challenge, if it has not expired."""
    return CHALLENGE.find(session.get(KEY), "")


def find_expired() -> TwoStepChallenge | None:
    """The same if it has expired: tells where to start again."""
    return CHALLENGE.find_expired(session.get(KEY), "")
