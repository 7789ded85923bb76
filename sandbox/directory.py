"""The tenants, their lookup and changes."""

import json
import threading
from dataclasses import dataclass, fields, replace
from pathlib import Path

from sandbox.aadsts import Refused
from sandbox.documents import Document, Unreadable, guid, merged, read
from sandbox.model import Application, Group, Person, Tenant

SEED = Path(__file__).with_name("directory.json")


@dataclass(frozen=True)
class Change:
    """What changed of a person: the names of fields, or None if they were deleted."""

    oid: str
    fields: frozenset[str] | None


class Directory:
    """All tenants of the sandbox. Reads need no lock, since values are replaced as a whole; writes take `lock`."""

    def __init__(self, seed: Path = SEED) -> None:
        self.lock = threading.Lock()
        self.tenants: dict[str, Tenant] = {}
        self.changes: dict[str, list[Change]] = {}
        """By tenant, all changes of its people, in their order."""
        for tenant in json.loads(seed.read_text())["tenants"]:
            tid = tenant.pop("tid")
            parts = {part: tenant.pop(part) for part in ("people", "groups", "applications")}
            self.put_tenant(tid, tenant)
            for person in parts["people"]:
                self.put_person(tid, person.pop("oid"), person)
            for application in parts["applications"]:
                self.put_application(tid, application.pop("client_id"), application)
            for group in parts["groups"]:
                self.put_group(tid, group.pop("id"), group)

    def tenant(self, name: str) -> Tenant:
        """The tenant with that GUID or verified domain; raises Refused (AADSTS90002)."""
        wanted = name.lower()
        found = self.tenants.get(wanted) or next(
            (tenant for tenant in list(self.tenants.values()) if wanted in tenant.domains), None
        )
        if found is None:
            raise Refused(90002, tenant=name)
        return found

    def application(self, tenant: Tenant, client_id: str) -> Application:
        """The tenant's application; raises Refused (AADSTS700016, or 7000112 when it is disabled)."""
        application = tenant.applications.get(client_id.lower())
        if application is None:
            raise Refused(700016, app=client_id, tenant_name=tenant.name)
        if not application.enabled:
            raise Refused(7000112, app=client_id, app_name=application.name)
        return application

    def home_of(self, address: str) -> Tenant | None:
        """The tenant that has a person with this address, or that owns its domain."""
        domain = address.rpartition("@")[2].strip().lower()
        for tenant in list(self.tenants.values()):
            if domain in tenant.domains or tenant.person_by_address(address):
                return tenant
        return None

    def put_tenant(self, tid: str, document: Document) -> Tenant:
        """Creates or changes a tenant; raises Unreadable."""
        tid = guid(tid, "tid")
        unknown = sorted(set(document) - {"name", "domains", "national_cloud"})
        if unknown:
            raise Unreadable(f"unknown: {', '.join(unknown)}; known: name, domains, national_cloud")
        with self.lock:
            existing = self.tenants.get(tid)
            self.tenants[tid] = read(Tenant, document, existing, tid=tid)
            return self.tenants[tid]

    def put_person(self, tid: str, oid: str, document: Document) -> Person:
        """Creates or changes a person; raises Unreadable, and KeyError for an unknown tenant."""
        oid = guid(oid, "oid")
        with self.lock:
            people = self.tenants[tid].people
            former = people.get(oid)
            people[oid] = read(Person, document, former, oid=oid)
            changed = [
                one.name for one in fields(Person) if getattr(former, one.name, None) != getattr(people[oid], one.name)
            ]
            self._note(tid, Change(oid, frozenset(changed)))
            return people[oid]

    def _note(self, tid: str, change: Change) -> None:
        self.changes.setdefault(tid, []).append(change)

    def put_group(self, tid: str, identity: str, document: Document) -> Group:
        """Creates or changes a group; raises Unreadable, and KeyError for an unknown tenant."""
        identity = guid(identity)
        with self.lock:
            groups = self.tenants[tid].groups
            groups[identity] = read(Group, document, groups.get(identity), id=identity)
            return groups[identity]

    def delete_person(self, tid: str, oid: str) -> None:
        """Deletes a person, also from every group; raises KeyError."""
        with self.lock:
            tenant = self.tenants[tid]
            del tenant.people[oid]
            self._note(tid, Change(oid, None))
            for group in tenant.direct_groups(oid):
                members = tuple(member for member in group.members if member != oid)
                tenant.groups[group.id] = replace(group, members=members)

    def merge_application(self, tid: str, client_id: str, document: Document) -> Application:
        """Appends the document's values to an application; raises Unreadable, and KeyError for an unknown one."""
        client_id = guid(client_id, "client_id")
        with self.lock:
            applications = self.tenants[tid].applications
            existing = applications[client_id]
            wanted = merged(existing, document)
            applications[client_id] = read(Application, wanted, existing, client_id=client_id)
            return applications[client_id]

    def put_application(self, tid: str, client_id: str, document: Document) -> Application:
        """Creates or changes an application; raises Unreadable, and KeyError for an unknown tenant."""
        client_id = guid(client_id, "client_id")
        with self.lock:
            applications = self.tenants[tid].applications
            applications[client_id] = read(Application, document, applications.get(client_id), client_id=client_id)
            return applications[client_id]
