"""Somebody whose password was right, and who has yet to show a second factor. Kept sealed in their browser."""

import base64
import hashlib
import json
import time
from dataclasses import asdict, dataclass
from enum import StrEnum
from uuid import UUID

from flask import session

from app import strict_json
from app.core.database import encryptor
from app.core.encryption import DecryptionError
from app.core.logging import name_company
from app.people import queries as people
from app.people.models import Person
from app.people.two_step.passkeys import new_challenge
from app.strict_json import InvalidJson

LIFE_SECONDS = 300
KEY = "second_factor"
ASSOCIATED_DATA = "sign_in.pending"


class Step(StrEnum):
    """What follows the second step."""

    SIGN_IN = "sign_in"
    JOIN = "join"
    """A Microsoft identity joins the account, whose password was right."""
    JOIN_BY_MAIL = "join_by_mail"
    """So, too; a key that was mailed to the account was."""


@dataclass(frozen=True)
class TwoStepChallenge:
    company_id: str
    person_id: str
    code: str
    """The login code it was begun at."""
    next: str
    challenge_text: str
    began_at: int
    """Seconds since 1970."""
    step: str = Step.SIGN_IN

    @property
    def id(self) -> str:
        """What is spent with the session that this makes."""
        return hashlib.sha256(self.challenge).hexdigest()

    @property
    def challenge(self) -> bytes:
        """What a passkey signs."""
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
    """What this browser has begun, if it is not too long ago."""
    found = find_late()
    return found if found and time.time() - found.began_at <= LIFE_SECONDS else None


def find_late() -> TwoStepChallenge | None:
    """The same however long ago: where to start again."""
    try:
        return strict_json.read_as(TwoStepChallenge, encryptor().decrypt(session.get(KEY, ""), ASSOCIATED_DATA))
    except (DecryptionError, InvalidJson):
        return None
