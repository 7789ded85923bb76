"""The contents of a directory: tenants, their people, groups and applications, as plain values.

People and applications are frozen and replaced as a whole, so that a request never sees half a change.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

Platform = Literal["web", "spa", "public"]
Consent = Literal["granted", "user", "admin"]
GroupClaims = Literal["None", "SecurityGroup", "ApplicationGroup", "DirectoryRole", "All"]

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
class AppRole:
    """An app role of a registration, and the people and groups that are assigned to it."""

    value: str
    name: str = ""
    members: tuple[str, ...] = ()


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
    app_roles: tuple[AppRole, ...] = ()
    group_membership_claims: GroupClaims = "None"
    """Which groups ID tokens contain."""
    emit_as_roles: bool = False
    """Groups appear in `roles`, and app roles don't appear at all."""
    app_permissions: tuple[str, ...] = ()
    optional_claims: tuple[str, ...] = ("acct", "login_hint", "sid")
    consent: Consent = "granted"
    logout_url: str | None = None
    enabled: bool = True


@dataclass(frozen=True)
class Group:
    """A security group, the oids of its members, and the ids of the groups in it."""

    id: str
    name: str
    description: str = ""
    members: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


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

    def direct_groups(self, oid: str) -> list[Group]:
        """The groups that list the person."""
        return [group for group in list(self.groups.values()) if oid in group.members]

    def all_groups(self, oid: str) -> list[Group]:
        """The same, and those that contain one of them, at any depth."""
        found = {group.id: group for group in self.direct_groups(oid)}
        waiting = list(found)
        while waiting:
            inner = waiting.pop()
            for group in list(self.groups.values()):
                if inner in group.groups and group.id not in found:
                    found[group.id] = group
                    waiting.append(group.id)
        return list(found.values())

    def is_assigned(self, application: Application, oid: str) -> bool:
        """Whether the person may use an application that requires an assignment: their own, or one of a group that
        lists them. Nested groups don't count.
        """
        return bool({oid, *(group.id for group in self.direct_groups(oid))} & {*application.assigned})

    def roles_of(self, application: Application, oid: str) -> list[str]:
        """The app roles of a person, by an assignment of their own or of a group that lists them."""
        assigned = {oid, *(group.id for group in self.direct_groups(oid))}
        return [role.value for role in application.app_roles if assigned & {*role.members}]
