"""A sign-in whose password was right and whose second factor is pending. Kept encrypted in the browser's cookie."""

import base64
import hashlib
import json
import time
from dataclasses import asdict, dataclass
from enum import StrEnum
from uuid import UUID

from flask import session

from app.core import strict_json
from app.core.database import encryptor
from app.core.encryption import DecryptionError
from app.core.logging import name_company
from app.core.strict_json import InvalidJson
from app.people import queries as people
from app.people.models import Person
from app.people.two_step.passkeys import new_challenge

LIFE_SECONDS = 300
KEY = "second_factor"
ASSOCIATED_DATA = "sign_in.pending"


class Step(StrEnum):
    """What follows the second step."""

    SIGN_IN = "sign_in"
    JOIN = "join"
    """Link a Microsoft identity to the account, whose password was right."""
    JOIN_BY_MAIL = "join_by_mail"
    """Link a Microsoft identity to the account, proven by a key mailed to it."""


@dataclass(frozen=True)
class TwoStepChallenge:
    company_id: str
    person_id: str
    code: str
    """The login code it began at."""
    next: str
    challenge_text: str
    began_at: int
    """Seconds since 1970."""
    step: str = Step.SIGN_IN

    @property
    def id(self) -> str:
        """The id that the resulting session stores, so that it is used once."""
        return hashlib.sha256(self.challenge).hexdigest()

    @property
    def challenge(self) -> bytes:
        """The challenge that a passkey signs."""
        return base64.b64decode(self.challenge_text)

    @property
    def person(self) -> Person | None:
        name_company(UUID(self.company_id))
        return people.person(UUID(self.company_id), UUID(self.person_id))


def keep(person: Person, code: str, next_path: str, step: Step = Step.SIGN_IN) -> None:
    pending = TwoStepChallenge(
        company_id=str(person.company_id),
        person_id=str(person.id),
        code=code,
        next=next_path,
        challenge_text=base64.b64encode(new_challenge()).decode(),
        began_at=int(time.time()),
        step=step,
    )
    session[KEY] = encryptor().encrypt(json.dumps(asdict(pending), separators=(",", ":")), ASSOCIATED_DATA)


def find() -> TwoStepChallenge | None:
    """This browser's pending challenge, if it has not expired."""
    found = find_late()
    return found if found and time.time() - found.began_at <= LIFE_SECONDS else None


def find_late() -> TwoStepChallenge | None:
    """The challenge even if it has expired: tells where to start again."""
    try:
        return strict_json.read_as(TwoStepChallenge, encryptor().decrypt(session.get(KEY, ""), ASSOCIATED_DATA))
    except (DecryptionError, InvalidJson):
        return None
