"""An admin who connects Dynamics 365: helpers for tests of the CRM."""

import re
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from werkzeug.test import TestResponse

from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.crm.models import CrmConnection, CrmContact
from tests.browser import Browser, pick
from tests.cast import ALICE, Cast
from tests.directory import CONTOSO, Account
from tests.tasks import run_tasks

CRM_CLIENT = "2c2c2c2c-2222-4222-8222-222222222222"
CRM_SECRET = "contoso-crm-sandbox-secret-value"
OTHER_SECRET = {"id": "2ec2e700-0003-4000-8000-000000000003", "value": "another secret of the CRM's"}


@dataclass(frozen=True)
class Admin:
    """An admin of Contoso who can connect, with their browser and the simulated Dynamics 365."""

    cast: Cast
    browser: Browser
    tenant: str = CONTOSO
    client_id: str = CRM_CLIENT

    @property
    def environment(self) -> str:
        return f"https://localhost:{self.cast.directory.port}"

    @property
    def dataverse(self) -> str:
        """The environment's path in the sandbox's control API."""
        return f"tenants/{self.tenant}/dataverse"

    def call(self, method: str, path: str = "", body: Any = None) -> Any:
        return self.cast.directory.call(method, self.dataverse + path, body)

    def register(self) -> None:
        """Enters the redirect URI at Microsoft."""
        uri = f"{self.cast.app.config['BASE_URL']}/crm/callback"
        self.cast.directory.register(self.tenant, self.client_id, web=[uri])

    def fields(self, **changed: str) -> dict[str, str]:
        known = {
            "kind": "delegated",
            "client_id": self.client_id,
            "tenant": self.tenant,
            "environment": self.environment,
            "secret": CRM_SECRET,
            "secret_expires": "2027-10-01",
        }
        return {**known, **changed}

    def press(self, action: str, **fields: str) -> TestResponse:
        return self.browser.post_form(f"/crm/{action}", page="/crm/connect", **fields)

    def begin(self, **changed: str) -> TestResponse:
        return self.press("connect/start", **self.fields(**changed))

    def connect(self, account: Account = ALICE, **changed: str) -> TestResponse:
        """The complete flow: the form, Microsoft's account picker, and back."""
        return self.follow(self.begin(**changed), account)

    def follow(self, started: TestResponse, account: Account = ALICE) -> TestResponse:
        assert started.status_code == 303, started.text
        if "/oauth2/" not in started.headers["Location"]:
            return started
        return self.browser.get(pick(self.cast.directory, started.headers["Location"], account))

    def run_worker(self) -> int:
        """Runs waiting tasks as the worker would; returns their number."""
        return run_tasks(self.cast.app)

    def make_due(self) -> None:
        """Makes delayed work due now."""
        queue = self.cast.app.extensions["queue"]
        queue.storage.flush_schedule()
        with self.cast.app.app_context():
            connection = self.connection()
            if connection.sync_state.next_at is not None:
                with unit_of_work():
                    connection.sync_state.next_at, connection.sync_state.not_before = connection.created_at, None

    def connection(self) -> CrmConnection:
        """Fresh from the database; inside an application context."""
        return db.session.scalars(sa.select(CrmConnection).execution_options(populate_existing=True)).one()

    def contacts(self) -> dict[str, CrmContact]:
        """The stored contacts, by their IDs in Dynamics 365."""
        with self.cast.app.app_context():
            rows = db.session.scalars(
                sa.select(CrmContact).where(CrmContact.company_id == self.connection().company_id)
            )
            return {str(row.external_id): row for row in rows}

    def page(self, path: str = "/crm") -> str:
        """The text of a page."""
        response = self.browser.get(path)
        assert response.status_code == 200, response.status
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.text))
