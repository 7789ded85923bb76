"""What every method of signing in results in: who authenticated, and how."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.connections.connection_config import ConnectionConfig
from app.core.database import now
from app.entra.graph import Profile
from app.login.linking.proof import LinkProof
from app.login.microsoft.identity import Memberships, VerifiedIdentity
from app.people.models import Person
from app.people.queries import SignInSubject

PASSWORD, CODE, KEY, DEVICE_KEY = "pwd", "otp", "pop", "hwk"
"""Authentication methods of our own by their names of RFC 8176: a password, a code from an authenticator app, a
passkey, and a passkey that never leaves its device. A recovery code has no name there.
"""


@dataclass(frozen=True)
class MicrosoftSignIn:
    """What Microsoft proved, and the person here as far as reading can tell."""

    connection: ConnectionConfig
    identity: VerifiedIdentity
    known: SignInSubject | None = None
    """The person who has this identity already."""
    account: Person | None = None
    """The account that the identity is to be linked to."""
    proof: LinkProof | None = None
    """The proof that this account is the same person's."""
    profile: Profile | None = None
    """Read at a first sign-in, if Graph answered in time."""
    memberships: Memberships | None = None
    """Read if roles depend on them."""


@dataclass(frozen=True)
class AuthResult:
    """Someone has authenticated: a person of the company, or a Microsoft identity that may be new to it."""

    company_id: UUID
    label: str
    """The method, readable: the connection's title, or “Password”."""
    person: Person | None = None
    """Known if they authenticated here."""
    microsoft: MicrosoftSignIn | None = None
    """Set if they authenticated at Microsoft."""
    amr: tuple[str, ...] = ()
    """Authentication methods (RFC 8176). Microsoft's are those that the ID token asserts, usually none."""
    auth_time: datetime = field(default_factory=now)
    """When they authenticated: at Microsoft if the ID token says so, otherwise now."""
    reauthenticated_at: datetime | None = None
    """The same, if it is proven that they did so for this sign-in."""
    is_recovery: bool = False
    """By a recovery code or link, which works whatever the company's sign-in methods are."""


def by_person(person: Person, label: str, amr: tuple[str, ...] = (), *, is_recovery: bool = False) -> AuthResult:
    """The person authenticated here, just now."""
    moment = now()
    return AuthResult(
        company_id=person.company_id,
        label=label,
        person=person,
        amr=amr,
        auth_time=moment,
        reauthenticated_at=moment,
        is_recovery=is_recovery,
    )


def by_microsoft(sign_in: MicrosoftSignIn) -> AuthResult:
    """The person authenticated at Microsoft."""
    identity = sign_in.identity
    return AuthResult(
        company_id=sign_in.connection.company_id,
        label=sign_in.connection.title,
        microsoft=sign_in,
        amr=identity.claims.amr,
        auth_time=identity.auth_time,
        reauthenticated_at=identity.authenticated_at,
    )
