"""Connecting Dynamics 365: what the form asks for, how it is checked, and what is rejected."""

import re

import pytest
import sqlalchemy as sa

from app.audit.models import AuditEntry
from app.core.database import db, encryptor
from app.core.encryption import DecryptionError
from app.core.unit_of_work import unit_of_work
from app.crm.authorization import pending_connection
from app.crm.models import CrmConnection
from app.entra_apps.models import EntraApp
from tests.browser import pick
from tests.cast import ALICE, BOB, Cast
from tests.crm.admin import CRM_CLIENT, CRM_SECRET, Admin
from tests.directory import CONTOSO


def number_of_connections(cast: Cast) -> int:
    with cast.app.app_context():
        return len(db.session.scalars(sa.select(CrmConnection.id)).all())


def events(cast: Cast) -> list[str]:
    with cast.app.app_context():
        chosen = sa.select(AuditEntry.event).where(AuditEntry.event.startswith("crm.")).order_by(AuditEntry.id)
        return list(db.session.scalars(chosen))


def test_connecting_names_organization_and_person(admin: Admin) -> None:
    response = admin.connect()
    assert (response.status_code, response.headers["Location"]) == (303, "/crm"), response.text
    page = admin.page()
    assert "Connected to Contoso." in page
    assert "Signed in as Adaeze Okonkwo" in page
    assert "by Adaeze Okonkwo" in page


def test_page_explains_why_it_needs_a_separate_registration(admin: Admin) -> None:
    for path in ("/crm", "/crm/connect"):
        assert "Use a separate app registration from the one for sign-in" in admin.page(path)


def test_form_shows_what_to_register(admin: Admin) -> None:
    page = admin.page("/crm/connect")
    assert "http://localhost:5000/crm/callback" in page
    assert "user_impersonation" in page
    assert "Application users" in page


def test_application_connects_once_it_has_a_security_role(admin: Admin) -> None:
    refused = admin.begin(kind="application")
    assert refused.status_code == 422
    assert "User not found in Dynamics 365" in refused.text
    admin.call("PUT", "", {"application_users": [CRM_CLIENT]})
    # The entered secret is kept and doesn't have to be pasted again.
    assert admin.begin(kind="application", secret="", secret_expires="").headers["Location"] == "/crm"
    assert "The application" in admin.page()
    admin.run_worker()
    assert len(admin.contacts()) == 60


def test_generated_certificate_connects(admin: Admin) -> None:
    assert admin.press("certificate").status_code == 303
    public = admin.browser.get("/crm/certificate.cer").text
    assert "PRIVATE" not in public
    admin.cast.directory.application(CONTOSO, CRM_CLIENT, certificates=[public], secrets=[])
    assert admin.connect(secret="", secret_expires="").headers["Location"] == "/crm"
    assert [one["client_auth"] for one in admin.cast.directory.requests("token")][-1] == "certificate"


def test_federated_credential_connects_without_secret(admin: Admin) -> None:
    assert admin.press("federated").status_code == 303
    page = admin.page("/crm/connect")
    issuer = re.search(r"http://localhost:5000/crm/federation/\w+", page)
    assert issuer
    path = issuer[0].removeprefix("http://localhost:5000")
    anonymous = admin.cast.browser()
    document = anonymous.get(f"{path}/.well-known/openid-configuration").get_json()
    assert document["issuer"] == issuer[0]
    keys = anonymous.get(f"{path}/keys").get_json()
    assert "d" not in keys["keys"][0]
    trusted = {"issuer": issuer[0], "subject": path.rpartition("/")[2], "audience": "api://AzureADTokenExchange"}
    federated = [{**trusted, "jwks": keys}]
    admin.cast.directory.application(CONTOSO, CRM_CLIENT, federated=federated, secrets=[])
    assert admin.connect(secret="", secret_expires="").headers["Location"] == "/crm"
    assert [one["client_auth"] for one in admin.cast.directory.requests("token")][-1] == "federated"
    assert anonymous.get("/crm/federation/unknown/keys").status_code == 404


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://contoso.crm.dynamics.com", "must start with https://"),
        ("https://user@contoso.crm.dynamics.com", "must not contain a user name"),
        ("https://user:word@contoso.crm.dynamics.com", "must not contain a user name"),
        ("https://127.0.0.1", "private network"),
        ("https://[::1]", "private network"),
        ("https://[::ffff:10.0.0.1]", "private network"),
        ("https://169.254.169.254", "private network"),
        ("https://10.1.2.3", "private network"),
        ("https://192.168.0.1", "private network"),
        ("https://2130706433", "private network"),
        ("https://0x7f.1", "private network"),
        ("https://localhost", "isn’t a Dynamics 365 environment"),
        ("https://evil.example", "isn’t a Dynamics 365 environment"),
        ("https://dynamics.com.evil.example", "isn’t a Dynamics 365 environment"),
        ("https://evildynamics.com", "isn’t a Dynamics 365 environment"),
        ("https://contoso.crm.dynamics.com:8443", "isn’t a Dynamics 365 environment"),
        ("https://contoso.crm.dynamics.com\\@evil.example", "Enter an environment URL"),
        ("https:// x", "Enter an environment URL"),
        ("https://contoso.crm.dynamics.com:99999", "Enter an environment URL"),
    ],
)
def test_unsafe_environment_url_is_rejected_and_nothing_is_stored(admin: Admin, address: str, words: str) -> None:
    refused = admin.begin(environment=address)
    assert refused.status_code == 422
    assert words in refused.text.replace("&#39;", "'")
    assert number_of_connections(admin.cast) == 0


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("client_id", "no id", "Enter an application (client) ID"),
        ("tenant", "contoso.com", "Enter a directory (tenant) ID"),
        ("tenant", CRM_CLIENT, "That’s the application (client) ID"),
        ("secret", "2ec2e700-0002-4000-8000-000000000002", "That’s the Secret ID"),
        ("secret_expires", "", "Enter the expiry date"),
        ("secret", "", "Paste the secret’s Value"),
        ("kind", "legacy", "Choose one of the options."),
    ],
)
def test_invalid_value_is_reported_at_its_field(admin: Admin, field: str, value: str, words: str) -> None:
    refused = admin.begin(**{field: value})
    assert refused.status_code == 422
    assert words in refused.text
    assert CRM_SECRET not in refused.text


def test_invisible_characters_are_stripped(admin: Admin) -> None:
    assert admin.connect(client_id=f"\u200b{CRM_CLIENT}\u00a0", secret=f"{CRM_SECRET}\u200b").status_code == 303


def test_declined_consent_is_explained(admin: Admin) -> None:
    admin.cast.directory.drill("declined")
    response = admin.connect()
    assert response.status_code == 422
    assert "Consent required" in response.text
    assert events(admin.cast) == ["crm.connect_refused"]
    assert "Dynamics 365" in admin.page("/crm/connect")


def test_wrong_secret_is_reported_and_other_fields_keep_their_values(admin: Admin) -> None:
    response = admin.connect(secret="a wrong one")
    assert response.status_code == 422
    assert "Credential rejected" in response.text
    assert "AADSTS7000215" in response.text
    assert f'value="{CRM_CLIENT}"' in response.text
    assert "a wrong one" not in response.text


def test_unreachable_directory_returns_503(admin: Admin) -> None:
    started = admin.begin()
    admin.cast.directory.drill("token_down")
    assert admin.follow(started).status_code == 503


def test_unexpected_callback_is_rejected(admin: Admin) -> None:
    started = admin.begin()
    back = pick(admin.cast.directory, started.headers["Location"], ALICE)
    admin.cast.directory.forget_requests()
    for path in (
        "/crm/callback?state=made-up&code=1",
        "/crm/callback?code=1",
        re.sub(r"state=[^&]+", "state=x&state=y", back),
    ):
        refused = admin.browser.get(path)
        assert refused.status_code == 400
        assert "This request expired" in refused.text
    assert admin.cast.directory.requests("token") == []
    assert admin.browser.get(back).headers["Location"] == "/crm"


def test_callback_works_once(admin: Admin) -> None:
    started = admin.begin()
    back = pick(admin.cast.directory, started.headers["Location"], ALICE)
    assert admin.browser.get(back).status_code == 303
    assert admin.browser.get(back).status_code == 400
    assert len(admin.cast.directory.requests("token")) == 2, "one for Alice's sign-in and one for the connection"
    assert "Connected" in admin.page()


def test_callback_that_failed_to_redeem_is_used_up(admin: Admin) -> None:
    back = pick(admin.cast.directory, admin.begin().headers["Location"], ALICE)
    admin.cast.directory.forget_requests()
    admin.cast.directory.drill("token_busy", times=1, retry_after=1)
    assert admin.browser.get(back).status_code >= 400
    assert admin.browser.get(back).status_code == 400
    assert len(admin.cast.directory.requests("token")) == 1


def test_callback_after_ten_minutes_is_rejected(admin: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    started = admin.begin()
    monkeypatch.setattr(pending_connection, "LIFE_SECONDS", -1)
    response = admin.follow(started)
    assert response.status_code == 400
    assert "This took too long" in response.text


def test_callback_of_another_admin_is_rejected(admin: Admin) -> None:
    bob = admin.cast.bob()
    with admin.cast.app.app_context(), unit_of_work():
        admin.cast.person(BOB).role = "admin"
    back = pick(admin.cast.directory, admin.begin().headers["Location"], ALICE)
    assert bob.get(back).status_code == 400


def test_failed_change_keeps_current_connection(connected: Admin) -> None:
    response = connected.connect(secret="a wrong one")
    assert response.status_code == 422
    assert "Connected" in connected.page()
    connected.make_due()
    connected.press("bring")
    connected.run_worker()
    with connected.cast.app.app_context():
        assert connected.connection().trouble is None
        credential = connected.connection().credential
        assert credential
        assert credential.secret == CRM_SECRET


def test_new_authorization_takes_effect_once_it_works(connected: Admin) -> None:
    assert connected.connect(account=BOB).status_code == 303
    assert "Signed in as Björn Lindqvist" in connected.page()
    assert events(connected.cast)[-1] == "crm.reauthenticated"


def test_database_holds_only_encrypted_secrets_bound_to_their_column(connected: Admin) -> None:
    with connected.cast.app.app_context():
        connection = connected.connection()
        assert connection.credential
        encrypted = [
            connection.credential.secret_sealed,
            connection.refresh_token_sealed,
            connection.access_token_sealed,
        ]
        assert all(text and text.startswith("v1.") for text in encrypted)
        assert connection.refresh_token
        assert connection.refresh_token not in str(encrypted)
        with pytest.raises(DecryptionError):
            encryptor().decrypt(str(connection.refresh_token_sealed), f"crm_connection.password:{connection.id}")


def test_disconnecting_deletes_credentials_and_keeps_contacts(connected: Admin) -> None:
    assert connected.press("disconnect", contacts="keep").status_code == 303
    assert number_of_connections(connected.cast) == 0
    with connected.cast.app.app_context():
        assert db.session.scalars(sa.select(EntraApp).where(EntraApp.client_id == CRM_CLIENT)).all() == []
    page = connected.page()
    assert "Adaeze Okonkwo" in page
    assert "Connect Dynamics 365" in page
    # Reconnecting creates no duplicate contacts.
    connected.connect()
    connected.run_worker()
    assert len(connected.contacts()) == 60


def test_disconnecting_deletes_contacts_if_chosen(connected: Admin) -> None:
    connected.press("disconnect", contacts="delete")
    assert "Amara Abara" not in connected.page()
    assert events(connected.cast)[-1] == "crm.disconnected"


def test_disconnecting_asks_for_confirmation(connected: Admin) -> None:
    page = connected.browser.get("/crm/disconnect").text
    assert "Keep them here" in page
    assert "Delete them here" in page
    assert connected.browser.get("/crm").text.count('href="/crm/disconnect"') == 1
    connected.press("disconnect", contacts="keep")
    assert connected.browser.get("/crm/disconnect").location == "/crm"
