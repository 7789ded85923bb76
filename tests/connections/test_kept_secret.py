"""A pasted secret survives a failed submission in each of the three forms and is never shown."""

import re
import time

import pytest
import sqlalchemy as sa
import time_machine
from werkzeug.test import TestResponse

from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.crm.models import CrmConnection, SyncState
from app.entra_apps.actions import replace_credentials
from app.entra_apps.client_credential import NewCredential
from app.entra_apps.models import ClientCredential, CredentialKind, EntraApp
from tests.cast import ALICE, Cast
from tests.connections.admin import Admin, contoso_admin, new_connection
from tests.connections.test_setup_links import fill, link, values_step
from tests.crm.admin import CRM_CLIENT, CRM_SECRET
from tests.directory import CONTOSO, CONTOSO_CLIENT, CONTOSO_SECRET, FABRIKAM

SECRET = "pasted~once.and-never_again"
EXPIRES = "2027-10-01"
RIGHT = {"title": "Staff two", "tenant": CONTOSO, "client_id": CONTOSO_CLIENT}


def kept(page: TestResponse) -> str:
    assert SECRET not in page.text, "never in plain text"
    found = re.search(r'name="secret_kept" value="([^"]+)"', page.text)
    assert found, "the secret is not in the form that is shown again"
    assert "What you pasted is kept" in page.text
    return found[1]


def secrets(cast: Cast) -> list[str | None]:
    with cast.app.app_context():
        return [one.secret for one in db.session.scalars(sa.select(ClientCredential).order_by(ClientCredential.id))]


@pytest.fixture
def admin(cast: Cast) -> Admin:
    return new_connection(cast, cast.alice())


@pytest.mark.parametrize(
    "wrong", [{"tenant": "no.such.directory.example"}, {"client_id": "x"}, {"title": ""}, {"secret_expires": ""}]
)
def test_secret_is_kept_while_another_field_is_corrected(admin: Admin, wrong: dict[str, str]) -> None:
    page = admin.save(**{**RIGHT, "secret": SECRET, "secret_expires": EXPIRES, **wrong})
    assert page.status_code == 422
    assert admin.save(**RIGHT, secret="", secret_expires=EXPIRES, secret_kept=kept(page)).status_code == 303
    assert SECRET in secrets(admin.cast)


def test_secret_is_kept_over_retries_and_concurrent_edit(admin: Admin) -> None:
    first = admin.save(**{**RIGHT, "tenant": "x"}, secret=SECRET, secret_expires=EXPIRES)
    second = admin.save(**{**RIGHT, "tenant": "y"}, secret_expires=EXPIRES, secret_kept=kept(first))
    third = admin.save(**RIGHT, version="0", secret_expires=EXPIRES, secret_kept=kept(second))
    assert third.status_code == 409
    assert admin.save(**RIGHT, secret_expires=EXPIRES, secret_kept=kept(third)).status_code == 303
    assert SECRET in secrets(admin.cast)


def test_newly_pasted_secret_replaces_kept_one(admin: Admin) -> None:
    page = admin.save(**{**RIGHT, "tenant": "x"}, secret=SECRET, secret_expires=EXPIRES)
    admin.save(**RIGHT, secret="the other", secret_expires=EXPIRES, secret_kept=kept(page))
    assert "the other" in secrets(admin.cast)
    assert SECRET not in secrets(admin.cast)


def test_blank_secret_keeps_stored_secret(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    assert admin.save(secret="").status_code == 303
    assert admin.save(secret="", tenant="x").status_code == 422
    with cast.app.app_context():
        assert [one.secret for one in admin.draft().credentials] == [CONTOSO_SECRET]


def test_invalid_secret_is_not_kept(admin: Admin) -> None:
    page = admin.save(**RIGHT, secret="2ec2e700-0002-4000-8000-000000000002", secret_expires=EXPIRES)
    assert page.status_code == 422
    assert "secret_kept" not in page.text
    assert "Paste the Value" in page.text


def test_expired_kept_secret_must_be_pasted_again(admin: Admin) -> None:
    page = admin.save(**{**RIGHT, "tenant": "x"}, secret=SECRET, secret_expires=EXPIRES)
    with time_machine.travel(time.time() + 3700):
        late = admin.save(**RIGHT, secret_expires=EXPIRES, secret_kept=kept(page))
    assert late.status_code == 422
    assert "Paste the secret’s Value again" in late.text
    assert SECRET not in secrets(admin.cast)


def test_kept_secret_is_bound_to_form_and_person(admin: Admin) -> None:
    page = admin.save(**{**RIGHT, "tenant": "x"}, secret=SECRET, secret_expires=EXPIRES)
    encrypted = kept(page)
    elsewhere = contoso_admin(admin.cast, admin.browser)
    assert elsewhere.save(secret_expires=EXPIRES, secret_kept=encrypted).status_code == 422
    colleague = link(admin)
    assert fill(admin.cast.browser(), colleague, **_ids(), secret_kept=encrypted) == 422
    charlie = new_connection(admin.cast, admin.cast.charlie())
    given = {"title": "Theirs", "tenant": FABRIKAM, "client_id": CONTOSO_CLIENT, "secret_expires": EXPIRES}
    assert charlie.save(**given, secret_kept=encrypted).status_code == 422
    assert SECRET not in secrets(admin.cast)


def _ids() -> dict[str, str]:
    return {"tenant": CONTOSO, "client_id": CONTOSO_CLIENT, "secret_expires": EXPIRES}


def test_setup_link_form_keeps_pasted_secret(admin: Admin) -> None:
    path, colleague = link(admin), admin.cast.browser()
    with admin.cast.app.app_context():
        version = str(admin.draft().version)
    given = {**_ids(), "version": version, "secret": SECRET, "tenant": "no.such.directory.example"}
    opened = colleague.opened(path)
    page = colleague.post_form(opened, page=values_step(opened), **given)
    assert page.status_code == 422
    assert fill(colleague, path, **_ids(), secret_kept=kept(page)) == 303
    assert SECRET in secrets(admin.cast)


def test_crm_form_keeps_pasted_secret(cast: Cast) -> None:
    browser = cast.alice()
    given = {
        "kind": "delegated",
        "client_id": CRM_CLIENT,
        "tenant": CONTOSO,
        "environment": "https://evil.example",
        "secret": SECRET,
        "secret_expires": EXPIRES,
    }
    page = browser.post_form("/crm/connect/start", page="/crm/connect", **given)
    assert page.status_code == 422
    right = {**given, "secret": "", "environment": f"https://localhost:{cast.directory.port}"}
    started = browser.post_form("/crm/connect/start", page="/crm/connect", **right, secret_kept=kept(page))
    assert started.status_code == 303
    with cast.app.app_context():
        assert SECRET in (db.session.scalars(sa.select(CrmConnection)).one().entered or "")


def test_crm_reauthentication_form_keeps_pasted_secret(cast: Cast) -> None:
    browser = cast.alice()
    with cast.app.app_context(), unit_of_work():
        company_id = cast.person(ALICE).company_id
        broken = CrmConnection(
            company_id=company_id,
            kind="delegated",
            entra_app=EntraApp(company_id=company_id, tenant=CONTOSO, client_id=CRM_CLIENT),
            environment=f"https://localhost:{cast.directory.port}",
            trouble="credential",
        )
        db.session.add(broken)
        db.session.flush()
        replace_credentials(broken.entra_app, NewCredential(CredentialKind.SECRET, CRM_SECRET))
        db.session.add(SyncState(connection_id=broken.id))
    page = browser.post_form("/crm/reauthenticate", page="/crm", secret=SECRET, secret_expires="2001-01-01")
    assert page.status_code == 422
    again = browser.post_form("/crm/reauthenticate", page="/crm", secret_expires=EXPIRES, secret_kept=kept(page))
    assert again.status_code == 303
    with cast.app.app_context():
        assert SECRET in (db.session.scalars(sa.select(CrmConnection)).one().entered or "")
