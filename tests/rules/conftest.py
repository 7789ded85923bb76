"""The subject of the rules: every URL, with Contoso's ids in it."""

import io
import re
from dataclasses import dataclass
from uuid import uuid4

import pytest
import sqlalchemy as sa

from app.applications import actions as applications
from app.applications.backchannel.models import LogoutDelivery
from app.companies.models import LoginPage
from app.connections.models import Draft, SetupLink
from app.core.database import db, now
from app.core.unit_of_work import unit_of_work
from app.crm.models import CrmContact
from app.crm.sync.sync_store import upsert_contacts
from app.entra.dataverse import Contact
from app.entra_apps.models import ClientCredential, CredentialKind
from app.http.access import Route
from app.people import passwords
from app.sessions.models import Session
from app.urls import ROUTES
from tests.browser import Browser
from tests.cast import ALICE, BOB, OWNER_PASSWORD, Cast
from tests.directory import CONTOSO
from tests.recent import signed_in_recently


@dataclass(frozen=True)
class Addresses:
    """Every route with existing ids of Contoso's."""

    values: dict[str, str]

    def path(self, route: Route, **values: str) -> str:
        filled = route.rule
        for name, value in {**self.values, **values}.items():
            filled = filled.replace(f"<{name}>", value).replace(f"<uuid:{name}>", value)
        assert "<" not in filled, f"the rules don't know what to fill into {route.rule}: tell tests/rules/conftest.py"
        return filled


@dataclass(frozen=True)
class Everybody:
    """The cast, signed in, and the URLs to try."""

    anonymous: Browser
    alice: Browser
    bob: Browser
    charlie: Browser
    addresses: Addresses


@pytest.fixture
def everybody(cast: Cast) -> Everybody:
    alice, bob, charlie = cast.alice(), cast.bob(), cast.charlie()
    with cast.app.app_context():
        # Some pages are for people who have a password.
        with unit_of_work():
            for account in (ALICE, BOB):
                cast.person(account).password_hash = passwords.hash_password(OWNER_PASSWORD)
        values = {
            "code": "contoso",
            "public_id": cast.contoso_connection,
            "person_id": str(cast.person(ALICE).id),
            "session_id": str(
                db.session.scalars(sa.select(Session.id).where(Session.person_id == cast.person(ALICE).id)).one()
            ),
            "draft_id": str(db.session.scalars(sa.select(Draft.id).where(Draft.tenant == CONTOSO)).one()),
            "passkey_id": str(uuid4()),
            "federation_id": "nobodys",
            "action": "invite",
            "guide": "people",
            "picture": "advanced-form.webp",
            "token": "nobodys",
            "page_id": str(db.session.scalars(sa.select(LoginPage.id).where(LoginPage.position > 0)).one()),
        }
    _add_what_an_admin_makes(cast, alice, values)
    signed_in_recently(cast.app)
    return Everybody(cast.browser(), alice, bob, charlie, Addresses(values))


def _add_what_an_admin_makes(cast: Cast, alice: Browser, values: dict[str, str]) -> None:
    """A certificate, a setup link, and an application that was told of a sign-out."""
    draft = f"/account/advanced/active-directory/{values['draft_id']}"
    assert alice.post_form(f"{draft}/certificate", page="/account").status_code == 303
    made = alice.post_form(f"{draft}/links", page="/account", days="7")
    token = re.search(r"/setup\?key=([\w.-]+)", made.text)
    assert token
    values["setup_key"] = token[1]
    made = alice.post_form(
        "/people/invite", page="/account", email="new@contoso.example", name="New", role="member", method="any"
    )
    key = re.search(r"/invitation\?key=(\w+)", made.text)
    assert key
    values["key"] = key[1]
    file = (io.BytesIO(b"email\nfrom.file@contoso.example"), "people.csv")
    brought = alice.post("/people/import", data={"csrf_token": alice.csrf("/account"), "method": "any", "file": file})
    values["import_id"] = brought.headers["Location"].rpartition("/")[2]
    with cast.app.app_context():
        with unit_of_work():
            values |= _add_delivery(cast)
            contact = Contact(uuid4(), "Ana Cruz", "Buyer", "ana@litware.example", "+44 1", "Litware", None)
            upsert_contacts(cast.person(ALICE).company_id, 1, [contact])
        certificate = sa.select(ClientCredential.id).where(ClientCredential.kind == CredentialKind.CERTIFICATE)
        values["credential_id"] = str(db.session.scalars(certificate).one())
        values["contact_id"] = str(db.session.scalars(sa.select(CrmContact.external_id)).one())
        values["link_id"] = str(db.session.scalars(sa.select(SetupLink.id)).one())


def _add_delivery(cast: Cast) -> dict[str, str]:
    """An application of Contoso's, and a logout token that it refused."""
    alice = cast.person(ALICE)
    session_id = db.session.scalars(sa.select(Session.id).where(Session.person_id == alice.id)).one()
    application = applications.create(name="Example App", company_id=alice.company_id)
    application.backchannel_logout_uri = "https://app.example/backchannel"
    delivery = LogoutDelivery(
        company_id=alice.company_id,
        application_id=application.id,
        person_id=alice.id,
        session_id=session_id,
        client_id=application.client_id,
        uri=application.backchannel_logout_uri,
        sub="subject",
        sid="session",
        tries=1,
        status=400,
        next_try_at=now(),
        finished_at=now(),
    )
    db.session.add(delivery)
    db.session.flush()
    return {"application_id": str(application.id), "delivery_id": str(delivery.id)}


def routes(method: str, *accesses: object) -> list[Route]:
    return [route for route in ROUTES if method in route.methods and (not accesses or route.access in accesses)]


def owned(route: Route) -> list[str]:
    """The names of the URL's values that belong to one company."""
    return re.findall(r"<uuid:(\w+)>", route.rule)


def nobodys(route: Route) -> dict[str, str]:
    """Ids that don't exist, for a URL."""
    return {name: str(uuid4()) for name in owned(route)}
