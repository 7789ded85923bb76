"""The cast: Alice owns Contoso, Bob is her colleague, Charlie owns Fabrikam and is an outsider at Contoso."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from flask import Flask

from app.cli.companies_file import actions
from app.cli.companies_file.schema import CompaniesFile
from app.companies.models import Company
from app.connections.models import Connection
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.people.models import Person, Role
from tests import directory as seed
from tests.browser import Browser
from tests.directory import Account, Directory
from tests.snapshot import Snapshot, delete_all_rows

ALICE = Account(seed.CONTOSO, "c0000001-0000-4000-8000-000000000001")
BOB = Account(seed.CONTOSO, "c0000002-0000-4000-8000-000000000002")
NO_PHOTO = Account(seed.CONTOSO, "c0000007-0000-4000-8000-000000000007")
NO_MAIL = Account(seed.CONTOSO, "c0000008-0000-4000-8000-000000000008")
GUEST = Account(seed.CONTOSO, "c0000009-0000-4000-8000-000000000009")
SCRIPT_NAME = Account(seed.CONTOSO, "c0000014-0000-4000-8000-000000000014")
CHARLIE = Account(seed.FABRIKAM, "f0000002-0000-4000-8000-000000000002")
OWNER_PASSWORD = "a long enough password"

COMPANIES = {
    "companies": [
        {
            "code": "contoso",
            "name": "Contoso",
            "note": "Use your Contoso account.",
            "people": [
                {"email": "owner@contoso.example", "name": "Olivia Owner", "role": "owner", "password": OWNER_PASSWORD}
            ],
            "login_pages": [{"code": "contoso-lisbon", "location": "Lisbon office", "note": "Bem-vindo!"}],
            "connections": [
                {
                    "title": "Contoso staff",
                    "tenant": seed.CONTOSO,
                    "client_id": seed.CONTOSO_CLIENT,
                    "client_secret": seed.CONTOSO_SECRET,
                }
            ],
        },
        {
            "code": "fabrikam",
            "name": "Fabrikam",
            "connections": [
                {
                    "title": "Fabrikam people",
                    "tenant": seed.FABRIKAM,
                    "client_id": seed.FABRIKAM_CLIENT,
                    "client_secret": seed.FABRIKAM_SECRET,
                }
            ],
        },
    ]
}


@dataclass(frozen=True)
class Cast:
    """Two independent companies, and how their people sign in."""

    app: Flask
    directory: Directory
    contoso_connection: str
    """Its public ID."""
    fabrikam_connection: str

    def browser(self) -> Browser:
        """A new browser."""
        client = self.app.test_client()
        assert isinstance(client, Browser)
        return client

    def alice(self) -> Browser:
        """Contoso's owner, signed in."""
        browser = self._signed_in(ALICE, "contoso")
        with self.app.app_context(), unit_of_work():
            self.person(ALICE).role = Role.OWNER
        return browser

    def bob(self) -> Browser:
        return self._signed_in(BOB, "contoso")

    def charlie(self) -> Browser:
        """The outsider: an owner, but of Fabrikam."""
        browser = self._signed_in(CHARLIE, "fabrikam")
        with self.app.app_context(), unit_of_work():
            self.person(CHARLIE).role = Role.OWNER
        return browser

    def switch(self, tenant: str, flow: str) -> None:
        """Changes the flow of a company's connection, here and at Microsoft, as an admin would."""
        with self.app.app_context():
            with unit_of_work():
                connection = db.session.scalars(sa.select(Connection).where(Connection.tenant == tenant)).one()
                connection.flow = flow
            base = self.app.config["BASE_URL"]
            uris = (
                {"spa": [base + connection.single_page_path]}
                if flow == "spa"
                else {"web": [base + connection.web_path]}
            )
            self.directory.register(tenant, connection.client_id, **uris)

    def person(self, account: Account) -> Person:
        """The account's row; call inside an application context."""
        return db.session.scalars(sa.select(Person).where(Person.tid == account.tid, Person.oid == account.oid)).one()

    def org_id(self, name: str = "Contoso") -> str:
        """The public id of a company."""
        with self.app.app_context():
            return db.session.scalars(sa.select(Company.public_id).where(Company.name == name)).one()

    def with_token(self, token: str) -> Browser:
        """Another browser that presents this token as Contoso's session."""
        browser = self.browser()
        browser.present(self.org_id(), token)
        return browser

    def person_id(self, account: Account) -> UUID:
        with self.app.app_context():
            return self.person(account).id

    def _signed_in(self, account: Account, code: str) -> Browser:
        browser = self.browser()
        response = browser.sign_in_as(account, code, self.directory)
        assert response.status_code == 303, response.status
        return browser


@dataclass(frozen=True)
class Companies:
    """The companies' rows and the connections' IDs, kept because creating them takes longer than most tests."""

    rows: Snapshot
    redirect_uris: dict[tuple[str, str], str]
    """By tenant and client ID."""
    public_ids: dict[str, str]
    """By tenant."""

    def open(self, app: Flask, directory: Directory) -> Cast:
        with app.app_context():
            self.rows.restore()
        for (tenant, client_id), uri in self.redirect_uris.items():
            directory.register(tenant, client_id, web=[uri])
        return Cast(app, directory, self.public_ids[seed.CONTOSO], self.public_ids[seed.FABRIKAM])


def open_companies(app: Flask) -> Companies:
    """Creates them once and takes a snapshot. The database must be empty, and is empty again afterwards."""
    with app.app_context():
        with unit_of_work():
            actions.apply(CompaniesFile.model_validate(COMPANIES))
        connections = db.session.scalars(sa.select(Connection)).all()
        base = app.config["BASE_URL"]
        companies = Companies(
            Snapshot.take(),
            {(row.tenant, row.client_id): base + row.redirect_path for row in connections},
            {row.tenant: row.public_id for row in connections},
        )
        delete_all_rows()
    return companies
