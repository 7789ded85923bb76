"""An application as an owner sets it up, through the pages."""

import re
from dataclasses import dataclass
from html import unescape
from uuid import UUID

import sqlalchemy as sa
from werkzeug.test import TestResponse

from app.applications.models import Application, ApplicationRole
from app.core.database import db
from app.people.models import Person
from tests.applications.client import REDIRECT_URI, Client
from tests.browser import Browser
from tests.cast import ALICE, Cast
from tests.directory import Account

LIST = "/account/advanced/applications"
ERROR = re.compile(r'<div class="form-text form-error" id="([\w-]+)-error"[^>]*>([^<]+)</div>')
SECRET = re.compile(r"PORTICO_CLIENT_SECRET=([\w-]{43})")


def errors(response: TestResponse) -> dict[str, str]:
    """The errors on a page, by field."""
    return {name: unescape(text) for name, text in ERROR.findall(response.text)}


@dataclass
class Owner:
    """Alice, and the application that she created."""

    cast: Cast
    browser: Browser
    path: str = ""

    def create(self, **changes: str) -> TestResponse:
        fields = {"name": "Expenses", "redirect_uri": REDIRECT_URI, "kind": "server", **changes}
        response = self.browser.post_form(f"{LIST}/new", page=f"{LIST}/new", **fields)
        if response.status_code == 303:
            self.path = response.headers["Location"].removesuffix("/connect")
        return response

    def press(self, path: str, **fields: str) -> TestResponse:
        return self.browser.post_form(f"{self.path}/{path}", page=LIST, **fields)

    def page(self, path: str = "") -> str:
        response = self.browser.get(f"{self.path}/{path}" if path else self.path)
        assert response.status_code == 200, response.status
        return response.text

    @property
    def id(self) -> UUID:
        return UUID(self.path.rpartition("/")[2])

    def application(self) -> Application:
        """Inside an application context."""
        return db.session.get_one(Application, self.id, populate_existing=True)

    def client(self) -> Client:
        """What the application itself does, right after it was created or got a secret."""
        secret = SECRET.search(self.page("connect"))
        with self.cast.app.app_context():
            return Client(self.cast.app, self.application().client_id, secret[1] if secret else None)

    def declare(self, value: str) -> str:
        """The role's path."""
        response = self.press("roles", role_name=value.title(), value=value)
        assert response.status_code == 303, errors(response)
        with self.cast.app.app_context():
            query = sa.select(ApplicationRole.id).where(
                ApplicationRole.application_id == self.id, ApplicationRole.value == value
            )
            return f"roles/{db.session.scalars(query).one()}"

    def assign(self, account: Account, role: str) -> TestResponse:
        person_id, role_id = self.cast.person_id(account), role.rpartition("/")[2]
        return self.press(f"people/{person_id}/role", role=role_id)


def owner(cast: Cast, **changes: str) -> Owner:
    """With an application."""
    made = Owner(cast, cast.alice())
    response = made.create(**changes)
    assert response.status_code == 303, errors(response)
    return made


def company_id(cast: Cast) -> UUID:
    with cast.app.app_context():
        person: Person = cast.person(ALICE)
        return person.company_id
