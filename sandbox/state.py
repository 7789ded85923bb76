"""The state of a sandbox: all in memory, in one process."""

from flask import current_app

from sandbox.addresses import Addresses
from sandbox.directory import Directory
from sandbox.dns_server import TxtRecords
from sandbox.drill_table import DRILLS
from sandbox.drills import Drills
from sandbox.environments import Environments
from sandbox.grants import Grants
from sandbox.journal import Journal
from sandbox.keys import Keys
from sandbox.provisioning.engine import Job

SEEDED_CONTACTS = 59


class Sandbox:
    """The state that the endpoints use. Each part has its own lock."""

    def __init__(self, addresses: Addresses) -> None:
        self.addresses = addresses
        self.journal = Journal()
        self.drills = Drills(DRILLS)
        self.txt_records = TxtRecords()
        self.reset()

    def reset(self) -> None:
        """Resets to the seed: directory and keys as at the start; no sessions, grants, drills or logged requests."""
        self.drills.stop()
        self.journal.clear()
        self.txt_records.clear()
        self.directory = Directory()
        self.keys = Keys()
        self.grants = Grants()
        self.environments = Environments()
        self.provisioning: dict[str, Job] = {}
        """By tenant, the endpoint that its people and groups are provisioned to."""
        self._add_contacts()

    def _add_contacts(self) -> None:
        """Contoso's environment has contacts; the others start empty."""
        contoso = next(iter(self.directory.tenants.values()))
        environment = self.environments.of(contoso.tid, contoso.name)
        environment.create_many(SEEDED_CONTACTS)
        # One of them also works at Contoso.
        person = next(iter(contoso.people.values()))
        values = {"fullname": person.name, "emailaddress1": person.mail, "jobtitle": person.title}
        environment.put(person.oid, {**values, "company": contoso.name})


def sandbox() -> Sandbox:
    """The state of the sandbox that handles this request."""
    state = current_app.extensions["sandbox"]
    if not isinstance(state, Sandbox):
        raise TypeError("this application is not a sandbox")
    return state
