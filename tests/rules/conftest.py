"""The subject of the rules: every URL, filled in with Contoso's IDs."""

import io
import re
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from app.applications.backchannel.models import LogoutDelivery
from app.applications.first_request.actions import open_link, record_arrival, start
from app.applications.first_request.models import Arrival
from app.applications.models import Application, ApplicationRole, ApplicationSecret, MappingKind
from app.companies.models import Company, LoginPage
from app.connections.models import Draft, SetupLink
from app.core.database import db, now
from app.core.unit_of_work import unit_of_work
from app.crm.models import CrmContact
from app.crm.sync.sync_store import upsert_contacts
from app.entra.dataverse import Contact
from app.entra_apps.models import ClientCredential, CredentialKind
from app.http.access import Route
from app.people import passwords
from app.provisioning.roles import actions as role_mappings
from app.provisioning.scim.models import ScimCredential
from app.sessions.models import Session
from app.urls import ROUTES
from tests.applications.protected import protect
from tests.browser import Browser
from tests.cast import ALICE, BOB, OWNER_PASSWORD, Cast
from tests.directory import CONTOSO
from tests.provisioning.directory import connect
from tests.recent import signed_in_recently


@dataclass(frozen=True)
class Addresses:
    """Every route with existing IDs of Contoso."""

    values: dict[str, str]

    def path(self, route: Route, **values: str) -> str:
        filled = route.rule
        for name, value in {**self.values, **values}.items():
            filled = filled.replace(f"<{name}>", value).replace(f"<uuid:{name}>", value)
        assert "<" not in filled, f"no value to fill into {route.rule}: add one in tests/rules/conftest.py"
        return filled


OWN_APPLICATION = sa.select(Application).where(Application.company_id.is_not(None))


@dataclass(frozen=True)
class Everyone:
    """The cast, signed in, and the URLs to try."""

    anonymous: Browser
    alice: Browser
    bob: Browser
    charlie: Browser
    addresses: Addresses


@pytest.fixture
def everyone(cast: Cast) -> Everyone:
    alice, bob, charlie = cast.alice(), cast.bob(), cast.charlie()
    wiki = protect(cast.app)
    with cast.app.app_context():
        # Some pages are for people who have a password, or whose company lets them stay signed in.
        with unit_of_work():
            db.session.execute(sa.update(Company).values(remember_days=30))
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
            "federation_id": "unknown",
            "action": "invite",
            "guide": "people",
            "picture": "advanced-form.webp",
            "client_id": wiki.client_id,
            "token": "unknown",
            "scim_credential_id": _add_scim_token(cast),
            "method": "secret",
            "image_hash": "unknown",
            "version": "1",
            "colors": "1d4ed8-2659e4",
            "row_id": str(uuid4()),
            "name": "User",
            "urn": "unknown",
            "page_id": str(db.session.scalars(sa.select(LoginPage.id).where(LoginPage.position > 0)).one()),
        }
    _add_what_an_admin_makes(cast, alice, values)
    added = alice.post_form("/account/advanced/domains", page="/account", name="contoso.example")
    values["domain_id"] = added.headers["Location"].rpartition("/")[2]
    signed_in_recently(cast.app)
    return Everyone(cast.browser(), alice, bob, charlie, Addresses(values))


def _add_what_an_admin_makes(cast: Cast, alice: Browser, values: dict[str, str]) -> None:
    """A certificate, a setup link, and an application that was notified of a sign-out."""
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
    imported = alice.post("/people/import", data={"csrf_token": alice.csrf("/account"), "method": "any", "file": file})
    values["import_id"] = imported.headers["Location"].rpartition("/")[2]
    _create_application(alice)
    with cast.app.app_context():
        values["arrival_id"] = _test_application(cast)
        values["application_id"] = str(db.session.scalars(OWN_APPLICATION).one().id)
        values["role_id"] = str(db.session.scalars(sa.select(ApplicationRole.id)).one())
        values["mapping_id"] = _map_role(cast, UUID(values["draft_id"]), UUID(values["role_id"]))
        values["secret_id"] = str(db.session.scalars(sa.select(ApplicationSecret.id)).one())
        with unit_of_work():
            values["delivery_id"] = _add_delivery(cast)
            contact = Contact(uuid4(), "Ana Cruz", "Buyer", "ana@litware.example", "+44 1", "Litware", None)
            upsert_contacts(cast.person(ALICE).company_id, 1, [contact])
        certificate = sa.select(ClientCredential.id).where(ClientCredential.kind == CredentialKind.CERTIFICATE)
        values["credential_id"] = str(db.session.scalars(certificate).one())
        values["contact_id"] = str(db.session.scalars(sa.select(CrmContact.external_id)).one())
        values["link_id"] = str(db.session.scalars(sa.select(SetupLink.id)).one())


def _map_role(cast: Cast, connection_id: UUID, role_id: UUID) -> str:
    with unit_of_work():
        made = role_mappings.create(
            cast.person(ALICE).company_id,
            connection_id=connection_id,
            kind=MappingKind.APP_ROLE,
            value="Editors",
            name=None,
            role_id=role_id,
        )
    return str(made)


def _add_scim_token(cast: Cast) -> str:
    """The token of a directory that speaks SCIM, and a user whom it has described."""
    contoso = connect(cast.app, CONTOSO)
    contoso.user("provisioned")
    return str(db.session.scalars(sa.select(ScimCredential.id)).one())


def _create_application(alice: Browser) -> None:
    """One with a role, for everyone of Contoso."""
    fields = {"name": "Example App", "redirect_uri": "https://app.example/callback", "kind": "server"}
    made = alice.post_form("/account/advanced/applications/new", page="/account", **fields)
    application = made.headers["Location"].removesuffix("/connect")
    role = {"role_name": "Editor", "value": "editor"}
    assert alice.post_form(f"{application}/roles", page="/account", **role).status_code == 303


def _test_application(cast: Cast) -> str:
    """A test that Alice has opened, in which a request arrived with another redirect URI."""
    alice, application = cast.person(ALICE), db.session.scalars(OWN_APPLICATION).one()
    session_id = db.session.scalars(sa.select(Session.id).where(Session.person_id == alice.id)).one()
    with unit_of_work():
        test = start(alice.company_id, session_id, application.id)
        open_link(test)
        record_arrival(test, "authorize", ["client_id"], ["redirect_uri_unknown"], "https://app.example/other")
        return str(db.session.scalars(sa.select(Arrival.id)).one())


def _add_delivery(cast: Cast) -> str:
    """A logout token that the application refused."""
    alice, application = cast.person(ALICE), db.session.scalars(OWN_APPLICATION).one()
    session_id = db.session.scalars(sa.select(Session.id).where(Session.person_id == alice.id)).one()
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
        algorithm="RS256",
        tries=1,
        status=400,
        next_try_at=now(),
        finished_at=now(),
    )
    db.session.add(delivery)
    db.session.flush()
    return str(delivery.id)


def routes(method: str, *accesses: object) -> list[Route]:
    return [route for route in ROUTES if method in route.methods and (not accesses or route.access in accesses)]


def owned(route: Route) -> list[str]:
    """The names of the URL's values that belong to one company."""
    return re.findall(r"<uuid:(\w+)>", route.rule)


def unknown_ids(route: Route) -> dict[str, str]:
    """IDs that don't exist, for a URL."""
    return {name: str(uuid4()) for name in owned(route)}
