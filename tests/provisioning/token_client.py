"""A directory as the client of its connection's token endpoint."""

import base64
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from werkzeug.test import TestResponse

from app.connections.models import Connection
from app.core.database import db, now
from app.core.unit_of_work import unit_of_work
from app.people.models import Person
from app.provisioning.scim import actions as credentials
from app.provisioning.scim.models import Method, ScimCredential
from tests.assertions import json_of
from tests.cast import Cast
from tests.directory import CONTOSO
from tests.provisioning.directory import Directory

WORKLOAD = "b5ba7a93-4452-4522-aeb4-a2b5da870c16"
"""The application (client) id of a workload identity."""
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def basic(client_id: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


@dataclass(frozen=True)
class TokenClient:
    """The directory of a tenant's connection."""

    cast: Cast
    tenant: str
    client_id: str
    """The connection's public id."""

    def add_secret(self, expires: date | None = None) -> str:
        """A new client secret."""
        with self.cast.app.app_context(), unit_of_work():
            connection, actor = self._connection(), self._actor()
            last = expires or now().date() + timedelta(days=365)
            secret = credentials.create(
                connection.company_id, connection.id, connection.title, Method.SECRET, last, actor_id=actor
            )
        assert secret
        return secret

    def trust(self, application: str = WORKLOAD, **values: str) -> None:
        """Trusts a workload identity, as Microsoft shows it."""
        shown = self.shown(application)
        with self.cast.app.app_context(), unit_of_work():
            connection = self._connection()
            assert credentials.trust(
                connection.company_id,
                connection.id,
                connection.title,
                **{"application": application, "subject": shown["subject"], **values},
                actor_id=self._actor(),
            )

    def shown(self, application: str = WORKLOAD) -> dict[str, str]:
        """What Microsoft's portal shows."""
        found: dict[str, str] = self.cast.directory.call("GET", f"tenants/{self.tenant}/{path(application)}")
        return found

    def assertion(self, application: str = WORKLOAD, **defects: Any) -> str:
        """A new assertion of Microsoft's provisioning service."""
        made = self.cast.directory.call("POST", f"tenants/{self.tenant}/{path(application)}/assertions", defects)
        return str(made["assertion"])

    def post(self, headers: dict[str, str] | None = None, **form: Any) -> TestResponse:
        """A request for an access token; None leaves a parameter out."""
        given = {"grant_type": "client_credentials", **form}
        return self.cast.app.test_client().post(
            f"/scim/v2/{self.client_id}/token",
            data={name: value for name, value in given.items() if value is not None},
            headers=headers,
        )

    def ask(self, secret: str, **form: Any) -> TestResponse:
        """The same, with a client secret in the body."""
        return self.post(**{"client_id": self.client_id, "client_secret": secret, **form})

    def present(self, assertion: str, **form: Any) -> TestResponse:
        """The same, with an assertion."""
        given = {"client_id": self.client_id, "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
        return self.post(**{**given, **form})

    def directory(self, response: TestResponse) -> Directory:
        """What sends requests with the access token of a response."""
        assert response.status_code == 200, response.text
        return Directory(self.cast.app, json_of(response)["access_token"], self.tenant)

    def change(self, **values: Any) -> None:
        """Changes the connection's credentials."""
        with self.cast.app.app_context(), unit_of_work():
            db.session.execute(
                sa.update(ScimCredential).where(ScimCredential.connection_id == self._connection().id).values(**values)
            )

    def _connection(self) -> Connection:
        return db.session.scalars(sa.select(Connection).where(Connection.tenant == self.tenant)).one()

    def _actor(self) -> Any:
        people = sa.select(Person.id).where(Person.company_id == self._connection().company_id)
        return db.session.scalars(people).first()


def path(application: str) -> str:
    return f"provisioning/workload-identity/{application}"


def client_of(cast: Cast, tenant: str = CONTOSO) -> TokenClient:
    public_id = cast.contoso_connection if tenant == CONTOSO else cast.fabrikam_connection
    return TokenClient(cast, tenant, public_id)


def oauth_error(response: TestResponse, status: int, error: str) -> str:
    """The description of the error, which has the form of RFC 6749, section 5.2."""
    assert response.status_code == status, response.text
    body = json_of(response)
    assert {*body} == {"error", "error_description"}
    assert body["error"] == error, body
    assert body["error_description"].isascii()
    assert response.headers["Cache-Control"] == "no-store"
    assert ("WWW-Authenticate" in response.headers) == (error == "invalid_client")
    return str(body["error_description"])
