"""A directory that speaks SCIM to the application: requests with a connection's token."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from app.connections.models import Connection
from app.core.database import db, now
from app.core.unit_of_work import unit_of_work
from app.people.models import Person
from app.provisioning.scim import actions as credentials
from app.provisioning.scim.models import Method, ScimUser

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
TYPE = "application/scim+json"


@dataclass(frozen=True)
class Directory:
    app: Flask
    token: str
    tenant: str

    def request(self, method: str, path: str, body: object = None, **options: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        if body is not None:
            options["data"] = body if isinstance(body, str | bytes) else self.app.json.dumps(body)
            options.setdefault("content_type", TYPE)
        return self.app.test_client().open(f"/scim/v2/{path}", method=method, headers=headers, **options)

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.request("GET", path, **options)

    def post(self, path: str, body: object, **options: Any) -> TestResponse:
        return self.request("POST", path, body, **options)

    def put(self, path: str, body: object, **options: Any) -> TestResponse:
        return self.request("PUT", path, body, **options)

    def patch(self, path: str, *operations: dict[str, Any], **options: Any) -> TestResponse:
        return self.request("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)}, **options)

    def delete(self, path: str, **options: Any) -> TestResponse:
        return self.request("DELETE", path, **options)

    def found(self, kind: str, condition: str, **parameters: str) -> list[dict[str, Any]]:
        """The resources that match a filter."""
        response = self.get(kind, query_string={"filter": condition, **parameters})
        assert response.status_code == 200, response.text
        assert response.json
        resources: list[dict[str, Any]] = response.json["Resources"]
        assert response.json["totalResults"] == len(resources)
        return resources

    def user(self, name: str = "ann", **values: Any) -> dict[str, Any]:
        """A user who was created: as the response has it."""
        response = self.post("Users", user(name, **values))
        assert response.status_code == 201, response.text
        assert response.json
        created: dict[str, Any] = response.json
        return created

    def group(self, name: str = "Engineers", **values: Any) -> dict[str, Any]:
        response = self.post("Groups", {"schemas": [GROUP], "displayName": name, **values})
        assert response.status_code == 201, response.text
        assert response.json
        created: dict[str, Any] = response.json
        return created

    def members(self, group_id: str) -> set[str]:
        response = self.get(f"Groups/{group_id}")
        assert response.json
        return {one["value"] for one in response.json.get("members", [])}


def user(name: str = "ann", **values: Any) -> dict[str, Any]:
    """The document of a user as Entra sends it, once `externalId` is mapped to the object ID."""
    return {
        "schemas": [USER, ENTERPRISE],
        "externalId": str(uuid4()),
        "userName": f"{name}@contoso.example",
        "active": True,
        "displayName": f"{name.title()} Example",
        "emails": [{"primary": True, "type": "work", "value": f"{name}@contoso.example"}],
        "meta": {"resourceType": "User"},
        "name": {"familyName": "Example", "givenName": name.title(), "formatted": f"{name.title()} Example"},
        "roles": [],
        **values,
    }


def member(*ids: str) -> list[dict[str, Any]]:
    """As Entra names members."""
    return [{"$ref": None, "value": one} for one in ids]


def add_members(directory: Directory, group: dict[str, Any], *users: str) -> None:
    operation = {"op": "Add", "path": "members", "value": member(*users)}
    assert directory.patch(f"Groups/{group['id']}", operation).status_code == 204


def remove_members(directory: Directory, group: dict[str, Any], *users: str) -> None:
    operation = {"op": "Remove", "path": "members", "value": member(*users)}
    assert directory.patch(f"Groups/{group['id']}", operation).status_code == 204


def connect(app: Flask, tenant: str, *, expires: date | None = None) -> Directory:
    """A directory with a token of the tenant's connection."""
    with app.app_context(), unit_of_work():
        connection = db.session.scalars(sa.select(Connection).where(Connection.tenant == tenant)).one()
        actor = db.session.scalars(sa.select(Person.id).where(Person.company_id == connection.company_id)).first()
        token = credentials.create(
            connection.company_id,
            connection.id,
            connection.title,
            Method.TOKEN,
            expires or now().date() + timedelta(days=180),
            actor_id=actor or UUID(int=0),
        )
    assert token
    return Directory(app, token, tenant)


def person_of(app: Flask, resource: dict[str, Any]) -> Person:
    """The person of a user."""
    with app.app_context():
        row = db.session.get_one(ScimUser, UUID(resource["id"]))
        assert row.person
        return row.person
