"""When Microsoft revokes the connection's sign-in: one button, one email, nothing lost."""

import threading

import pytest

from app.core.database import now
from app.core.unit_of_work import unit_of_work
from app.crm import notifications
from app.crm.authorization import tokens
from app.crm.sync import sync
from app.entra.errors import OAuthError
from tests.cast import ALICE
from tests.crm.admin import CRM_CLIENT, OTHER_SECRET, Admin
from tests.directory import CONTOSO
from tests.mail_server import LocalMailServer, text_of


def revoke(admin: Admin) -> None:
    """As a password reset does."""
    admin.cast.directory.call("POST", f"tenants/{CONTOSO}/people/{ALICE.oid}/revoke")


def run(admin: Admin) -> None:
    admin.make_due()
    with admin.cast.app.app_context():
        sync.sync(admin.connection().id)


def forget_access_token(admin: Admin) -> None:
    with admin.cast.app.app_context(), unit_of_work():
        admin.connection().access_until = now()


def test_missed_changes_arrive_after_reauthentication(connected: Admin) -> None:
    revoke(connected)
    connected.call("PATCH", "/contacts", {"count": 7, "values": {"jobtitle": "Promoted meanwhile"}})
    run(connected)
    page = connected.page()
    assert "Re-authenticate Dynamics 365" in page
    assert "AADSTS50173" in page
    assert "Re-authenticate" in page
    # Only Microsoft's sign-in is missing, so the form has no fields.
    form = connected.browser.get("/crm").text.partition('class="reauthenticate"')[2].partition("</form>")[0]
    assert "<button" in form
    assert 'name="secret"' not in form

    assert connected.follow(connected.press("reauthenticate")).headers["Location"] == "/crm"
    assert "Re-authenticate" not in connected.page()
    connected.cast.directory.forget_requests()
    connected.run_worker()
    promoted = [row for row in connected.contacts().values() if row.job_title == "Promoted meanwhile"]
    assert len(promoted) == 7
    assert len(connected.cast.directory.requests("contacts")) == 1, "only what changed"


def test_revoked_sign_in_is_tried_once_only(connected: Admin) -> None:
    revoke(connected)
    run(connected)
    connected.cast.directory.forget_requests()
    for _ in range(3):
        run(connected)
        with connected.cast.app.app_context():
            sync.enqueue_due()
        connected.run_worker()
        connected.press("bring")
        connected.run_worker()
    assert connected.cast.directory.requests("token") == []
    assert connected.cast.directory.requests("contacts") == []


def test_problem_reported_twice_is_emailed_once(connected: Admin, mail_server: LocalMailServer) -> None:
    revoke(connected)
    run(connected)
    connected.run_worker()
    with connected.cast.app.app_context():
        notifications.send_problem.enqueue(connection_id=str(connected.connection().id))
    connected.run_worker()
    assert mail_server.subjects() == ["Re-authenticate Dynamics 365"] * 2, "to Alice and Olivia"


def test_owners_and_admins_are_emailed_once_per_problem(connected: Admin, mail_server: LocalMailServer) -> None:
    revoke(connected)
    for _ in range(3):
        run(connected)
        connected.run_worker()
    assert mail_server.subjects() == ["Re-authenticate Dynamics 365"] * 2, "to Alice and Olivia"
    assert "/crm" in text_of(mail_server.emails[0])
    connected.follow(connected.press("reauthenticate"))
    connected.run_worker()
    revoke(connected)
    run(connected)
    connected.run_worker()
    assert len(mail_server.emails) == 4, "a new problem is reported again"


def test_expired_secret_asks_only_for_a_new_one(connected: Admin) -> None:
    forget_access_token(connected)
    connected.cast.directory.application(CONTOSO, CRM_CLIENT, secrets=[OTHER_SECRET])
    run(connected)
    page = connected.page()
    assert "Credential rejected" in page
    assert "Secret expires" in page
    assert "Application (client) ID" not in page
    fixed = connected.press("reauthenticate", secret=OTHER_SECRET["value"], secret_expires="2027-11-01")
    assert connected.follow(fixed).headers["Location"] == "/crm"
    connected.run_worker()
    with connected.cast.app.app_context():
        credential = connected.connection().credential
        assert credential
        assert credential.secret == OTHER_SECRET["value"]
        assert connected.connection().trouble is None


def test_secret_id_is_rejected_when_reauthenticating(connected: Admin) -> None:
    forget_access_token(connected)
    connected.cast.directory.application(CONTOSO, CRM_CLIENT, secrets=[OTHER_SECRET])
    run(connected)
    refused = connected.press("reauthenticate", secret=OTHER_SECRET["id"], secret_expires="2027-11-01")
    assert refused.status_code == 422
    assert "That’s the Secret ID" in refused.text


@pytest.mark.parametrize(
    ("drill", "title"),
    [
        ("consent_missing", "Consent required"),
        ("secret_expired", "Credential rejected"),
        ("application_disabled", "App registration not found"),
        ("refresh_expired", "Re-authenticate Dynamics 365"),
        ("resource_not_found", "Environment not found"),
    ],
)
def test_each_problem_is_named_and_offers_one_reauthenticate_button(connected: Admin, drill: str, title: str) -> None:
    forget_access_token(connected)
    connected.cast.directory.drill(drill, **({} if drill == "refresh_expired" else {"at": "token"}))
    run(connected)
    page = connected.page()
    assert title in page
    assert connected.browser.get("/crm").text.count('btn-danger">Re-authenticate</button>') == 1


@pytest.mark.parametrize(
    ("drill", "title"),
    [
        ("dataverse_forbidden", "No permission to read contacts"),
        ("dataverse_unauthorized", "Sign-in rejected"),
    ],
)
def test_dynamics_rejection_is_fixed_with_the_same_button(connected: Admin, drill: str, title: str) -> None:
    connected.cast.directory.drill(drill)
    run(connected)
    assert title in connected.page()
    refused = connected.follow(connected.press("reauthenticate"))
    assert (refused.status_code, title in refused.text) == (422, True)
    assert title in connected.page(), "it still isn't fixed"
    connected.cast.directory.clear_drills()
    connected.follow(connected.press("reauthenticate"))
    assert title not in connected.page()


def test_token_rejected_by_dynamics_is_refreshed_once(connected: Admin) -> None:
    connected.cast.directory.forget_requests()
    connected.cast.directory.drill("dataverse_unauthorized", times=1)
    connected.make_due()
    with connected.cast.app.app_context():
        with unit_of_work():
            connected.connection().sync_state.started_at = now()
            connected.connection().sync_state.link = connected.connection().sync_state.delta_link
        sync.sync(connected.connection().id)
        assert connected.connection().trouble is None
    assert [one["grant_type"] for one in connected.cast.directory.requests("token")] == ["refresh_token"]


def test_concurrent_refresh_sends_one_request_and_keeps_rotated_token(connected: Admin) -> None:
    with connected.cast.app.app_context():
        connection_id, before = connected.connection().id, connected.connection().refresh_token
    forget_access_token(connected)
    connected.cast.directory.forget_requests()
    connected.cast.directory.drill("token_slow", seconds=0.3)
    started, received = threading.Barrier(5), []

    def ask() -> None:
        with connected.cast.app.app_context():
            started.wait(10)
            received.append(tokens.access_token(connection_id))

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(received) == 5
    assert len(set(received)) == 1
    assert len(connected.cast.directory.requests("token")) == 1
    with connected.cast.app.app_context():
        assert connected.connection().refresh_token not in (None, before)


def test_refresh_does_not_overwrite_tokens_of_a_new_connection(
    connected: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_access_token(connected)
    ask = tokens._ask

    def slow(connection: object) -> object:
        granted = ask(connection)  # type: ignore[arg-type]
        connected.connect()
        return granted

    with connected.cast.app.app_context():
        connection_id = connected.connection().id
        monkeypatch.setattr(tokens, "_ask", slow)
        token = tokens.access_token(connection_id)
        assert token == connected.connection().access_token


def test_failed_refresh_does_not_block_next_attempt(connected: Admin) -> None:
    forget_access_token(connected)
    revoke(connected)
    with connected.cast.app.app_context():
        connection_id = connected.connection().id
        for _ in range(2):
            with pytest.raises(OAuthError):
                tokens.access_token(connection_id)
