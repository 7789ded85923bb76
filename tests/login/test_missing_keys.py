"""A node without an encryption key: 503 naming the column encrypted with it, and owners are notified."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.core.database import db, encrypted_columns
from app.core.encryption import Encryptor
from app.core.unit_of_work import unit_of_work
from app.entra_apps.models import ClientCredential
from app.people.two_step.models import Authenticator
from app.settings import new_key
from tests.accounts import account, company_of, sign_in
from tests.assertions import audit_entries
from tests.browser import pick
from tests.cast import ALICE, BOB, Cast
from tests.connections.admin import AD, contoso_admin
from tests.connections.test_removal import with_second
from tests.crm.admin import CRM_CLIENT, CRM_SECRET
from tests.crm.admin import Admin as CrmAdmin
from tests.crm.conftest import admin, connected  # noqa: F401 - fixtures
from tests.directory import CONTOSO_SECRET
from tests.mail_server import LocalMailServer
from tests.tasks import run_tasks


@contextmanager
def another_key(cast: Cast) -> Iterator[None]:
    """The serving node has another key than the node that wrote."""
    held = cast.app.extensions["encryptor"]
    cast.app.extensions["encryptor"] = Encryptor([new_key()])
    try:
        yield
    finally:
        cast.app.extensions["encryptor"] = held


def encrypt_elsewhere(cast: Cast, credential: ClientCredential) -> None:
    """Encrypts as a node with a newer key would."""
    with another_key(cast):
        credential.secret = CONTOSO_SECRET


def test_undecryptable_secret_returns_503_and_owners_are_notified(
    cast: Cast, mail_server: LocalMailServer, caplog: pytest.LogCaptureFixture
) -> None:
    editor = contoso_admin(cast, cast.alice())
    with cast.app.app_context():
        with unit_of_work():
            credential = editor.draft().credentials[0]
            encrypt_elsewhere(cast, credential)
            key = (credential.secret_sealed or "").split(".")[1]
        credential_id = credential.id
    response = cast.browser().sign_in_as(BOB, "contoso", cast.directory)
    assert response.status_code == 503
    assert "can’t be decrypted on this server" in response.text
    assert response.headers["Retry-After"]
    assert key in caplog.text
    assert f"client_credential.secret:{credential_id}" in caplog.text
    for _ in range(2):
        cast.browser().sign_in_as(BOB, "contoso", cast.directory)
        run_tasks(cast.app)
    assert sorted(mail_server.recipients) == ["adaeze.okonkwo@contoso.example", "owner@contoso.example"]
    assert "is missing the encryption key" in mail_server.texts()[0]
    assert len(audit_entries(cast.app, "credential.unreadable")) == 1
    for path in (AD, editor.path):
        shown = editor.browser.get(path).text
        assert "Portico hasn’t been able to decrypt the credential for “Contoso staff”" in shown
        assert "Credential can’t be decrypted</span>" in shown


def test_next_credential_is_used_when_one_cannot_be_decrypted(cast: Cast) -> None:
    editor = contoso_admin(cast, cast.alice())
    good, other = with_second(editor, "refused")
    with cast.app.app_context(), unit_of_work():
        encrypt_elsewhere(cast, db.session.get_one(ClientCredential, good))
        second = db.session.get_one(ClientCredential, other)
        second.secret, second.refused_at = CONTOSO_SECRET, None
    for _ in range(2):
        assert cast.browser().sign_in_as(BOB, "contoso", cast.directory).status_code == 303


def test_mark_is_cleared_when_a_node_can_decrypt_again(cast: Cast) -> None:
    editor = contoso_admin(cast, cast.alice())
    with cast.app.app_context(), unit_of_work():
        editor.draft().credentials[0].unreadable_at = editor.draft().credentials[0].created_at
    assert cast.browser().sign_in_as(BOB, "contoso", cast.directory).status_code == 303
    with cast.app.app_context():
        assert editor.draft().credentials[0].unreadable_at is None


def test_connection_test_and_federation_keys_return_503_too(cast: Cast) -> None:
    editor = contoso_admin(cast, cast.alice())
    editor.press("federated")
    with another_key(cast):
        assert cast.browser().get(f"/auth/{cast.contoso_connection}/federation/keys").status_code == 503
        started = editor.press("test/start")
        response = editor.browser.get(pick(cast.directory, started.headers["Location"], ALICE))
    assert response.status_code == 503


def test_undecryptable_authenticator_secret_returns_503(cast: Cast) -> None:
    made = account(cast.app, company_of(cast.app), "otto@contoso.example", "Otto", "owner")
    with cast.app.app_context(), unit_of_work():
        app_of = Authenticator(company_id=made.company_id, person_id=made.id, confirmed_at=made.created_at)
        app_of.secret = "JBSWY3DPEHPK3PXP"
        db.session.add(app_of)
    browser = cast.browser()
    assert sign_in(browser, "otto@contoso.example") == 303
    page = "/auth/second-factor"
    assert browser.get(page).status_code == 200
    token = browser.csrf(page)
    with cast.app.app_context(), unit_of_work():
        app_of = db.session.query(Authenticator).one()
        with another_key(cast):
            app_of.secret = "JBSWY3DPEHPK3PXP"
    assert browser.post(page, data={"csrf_token": token, "code": "123456"}).status_code == 503


def test_sync_waits_and_owners_are_notified_until_the_key_is_back(
    connected: CrmAdmin,  # noqa: F811 - a fixture
    mail_server: LocalMailServer,
) -> None:
    cast = connected.cast
    with cast.app.app_context(), unit_of_work():
        connection = connected.connection()
        with another_key(cast):
            connection.access_token = connection.refresh_token = "x"
    connected.make_due()
    from app.crm.sync import sync

    with cast.app.app_context():
        sync.sync(connected.connection().id)
    assert "Portico can’t decrypt its Dynamics 365 credentials" in connected.page()
    assert [entry.detail["reason"] for entry in audit_entries(cast.app, "crm.trouble")] == ["undecryptable"]
    run_tasks(cast.app)
    assert any("is missing the encryption key" in text for text in mail_server.texts())
    with cast.app.app_context(), unit_of_work():
        connection = connected.connection()
        assert connection.sync_state.next_at is not None, "it is retried automatically"
        assert connection.renewing_until is None
        assert connection.credential
        connection.credential.secret = CRM_SECRET
    assert connected.client_id == CRM_CLIENT


def test_every_decryption_error_names_key_and_row(cast: Cast) -> None:
    """The error carries what the log names, for every column."""
    assert len(encrypted_columns()) >= 7
    contoso_admin(cast, cast.browser())
    with cast.app.app_context():
        credential = db.session.query(ClientCredential).first()
        assert credential
        with another_key(cast), pytest.raises(Exception, match=f"client_credential.secret:{credential.id}") as raised:
            assert credential.secret
    assert getattr(raised.value, "key", "") == (credential.secret_sealed or "").split(".")[1]
