"""The contents of a directory: tenants, their people, groups and applications, as plain values.

People and applications are frozen and replaced as a whole, so that a request never sees half a change.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

Platform = Literal["web", "spa", "public"]
Consent = Literal["granted", "user", "admin"]

DRAWN = "drawn"


@dataclass(frozen=True)
class Person:
    """A person in a tenant. `photo` is None, `"drawn"` (made from `portrait`) or base64 of any bytes."""

    oid: str
    name: str
    upn: str
    given_name: str | None = None
    surname: str | None = None
    mail: str | None = None
    title: str | None = None
    department: str | None = None
    office: str | None = None
    preferred_language: str | None = None
    guest: bool = False
    admin: bool = False
    disabled: bool = False
    photo: str | None = DRAWN
    portrait: dict[str, Any] = field(default_factory=dict)

    @property
    def initials(self) -> str:
        """One or two letters for a person without a photo."""
        words = [word for word in self.name.split() if word[0].isalnum()]
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"


@dataclass(frozen=True)
class Secret:
    """A client secret: people paste its `value`, or by mistake its `id`. `expires` is an ISO 8601 date or time."""

    id: str
    value: str
    expires: str | None = None

    def expired(self, now: datetime) -> bool:
        """Whether the secret has expired; `now` is aware."""
        if self.expires is None:
            return False
        moment = datetime.fromisoformat(self.expires)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) <= now


@dataclass(frozen=True)
class Federated:
    """A federated credential: issuer and subject of the accepted tokens, and the keys that verify them."""

    issuer: str
    subject: str
    audience: str
    jwks: dict[str, Any]


@dataclass(frozen=True)
class Application:
    """An app registration together with its enterprise application (service principal)."""

    client_id: str
    name: str
    redirect_uris: dict[str, tuple[str, ...]] = field(default_factory=dict)
    secrets: tuple[Secret, ...] = ()
    certificates: tuple[str, ...] = ()
    federated: tuple[Federated, ...] = ()
    assignment_required: bool = False
    assigned: tuple[str, ...] = ()
    app_roles: dict[str, list[str]] = field(default_factory=dict)
    app_permissions: tuple[str, ...] = ()
    optional_claims: tuple[str, ...] = ("acct", "login_hint", "sid")
    consent: Consent = "granted"
    logout_url: str | None = None
    enabled: bool = True


@dataclass(frozen=True)
class Group:
    """A security group and the oids of its members."""

    id: str
    name: str
    description: str = ""
    members: tuple[str, ...] = ()


@dataclass
class Tenant:
    """A company's directory. `national_cloud` is another cloud's login host, if the tenant is there."""

    tid: str
    name: str
    domains: tuple[str, ...] = ()
    national_cloud: str | None = None
    people: dict[str, Person] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    applications: dict[str, Application] = field(default_factory=dict)

    def person_by_address(self, address: str) -> Person | None:
        """The person whose UPN or mail is `address`, in any case."""
        wanted = address.strip().casefold()
        for person in list(self.people.values()):
            if wanted in (person.upn.casefold(), (person.mail or "").casefold()):
                return person
        return None
