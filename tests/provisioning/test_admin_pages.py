"""The page Provisioning: credentials, what the directory did, and what an admin has to know."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.cli import schedule
from app.connections.models import Connection, Draft
from app.core.database import db, now
from app.core.unit_of_work import unit_of_work
from app.provisioning.scim.admin.forms import application_of
from app.provisioning.scim.models import ScimCredential, ScimRequest
from tests.accounts import account, company_of
from tests.assertions import audit_entries
from tests.browser import Browser
from tests.cast import BOB, Cast
from tests.directory import CONTOSO
from tests.mail_server import LocalMailServer
from tests.provisioning.directory import Directory, connect, member, user
from tests.provisioning.token_client import WORKLOAD, client_of
from tests.tasks import run_tasks

TOKEN = re.compile(r"portico_scim_[\w-]{43}")
SECRET = re.compile(r"portico_scim_secret_[\w-]{43}")


@pytest.fixture
def path(cast: Cast) -> str:
    with cast.app.app_context():
        draft_id = db.session.scalars(sa.select(Draft.id).where(Draft.tenant == CONTOSO)).one()
    return f"/account/advanced/active-directory/{draft_id}/provisioning"


def create(alice: Browser, path: str) -> str:
    response = alice.post_form(f"{path}/credentials/new/token", page=path, days="90")
    assert response.status_code == 200
    found = TOKEN.search(response.text)
    assert found
    return found[0]


def token_ids(cast: Cast) -> list[str]:
    with cast.app.app_context():
        return [str(one) for one in db.session.scalars(sa.select(ScimCredential.id).order_by(ScimCredential.id))]


def test_token_is_shown_once_and_works(cast: Cast, path: str) -> None:
    alice = cast.alice()
    token = create(alice, path)
    page = alice.get(path).text
    assert token not in page
    assert token[-4:] in page
    assert Directory(cast.app, token, CONTOSO).get("Users").status_code == 200
    with cast.app.app_context():
        assert token not in str(db.session.execute(sa.select(ScimCredential.__table__)).all())
    assert len(audit_entries(cast.app, "provisioning.token_created")) == 1


def test_client_secret_is_shown_once_with_what_to_enter(cast: Cast, path: str) -> None:
    alice, client = cast.alice(), client_of(cast)
    assert "Create client secret" in alice.get(f"{path}/credentials/new/secret").text
    made = alice.post_form(f"{path}/credentials/new/secret", page=path, days="730")
    secret = SECRET.search(made.text)
    assert secret
    for value in (f"/scim/v2/{client.client_id}/token", client.client_id, "aadOptscim062020"):
        assert value in made.text, value
    page = alice.get(path).text
    assert secret[0] not in page
    assert "Not used yet" in page
    assert client.directory(client.ask(secret[0])).get("Users").status_code == 200
    assert "In use" in alice.get(path).text


def test_workload_identity_is_trusted_with_what_entra_shows(cast: Cast, path: str) -> None:
    alice, client = cast.alice(), client_of(cast)
    shown = client.shown()
    address = f"{path}/credentials/new/federation"
    assert f"{CONTOSO}/v2.0" in alice.get(address).text
    wrong = alice.post_form(address, page=path, subject="the service", audience="https://contoso.example")
    assert wrong.status_code == 422
    assert "32 digits in five groups" in wrong.text
    assert "for example api://" in wrong.text
    assert "the service" in wrong.text
    made = alice.post_form(address, page=path, subject=shown["subject"].upper(), audience=shown["audience"])
    assert "None of them is a secret." in made.text
    assert client.directory(client.present(client.assertion())).get("Users").status_code == 200
    client.present(client.assertion(claims={"sub": BOB.oid}))
    page = alice.get(path).text
    assert f"api://{WORKLOAD}" in page
    assert "the assertion has another subject" in page
    log = alice.get("/audit").text
    for words in ("created a provisioning credential", "used its provisioning credential for the first time"):
        assert words in log, words
    assert "workload identity federation" in log


@pytest.mark.parametrize(
    ("audience", "application"),
    [
        (WORKLOAD, WORKLOAD),
        (f"api://{WORKLOAD}", WORKLOAD),
        (f"api://{WORKLOAD.upper()}/.default", WORKLOAD),
        (f"API://{WORKLOAD}/", WORKLOAD),
        ("", None),
        ("api://", None),
        (WORKLOAD.replace("-", ""), None),
        (f"{{{WORKLOAD}}}", None),
        (f"api://{WORKLOAD}/scope", None),
        (f"https://{WORKLOAD}", None),
    ],
)
def test_audience_as_microsoft_writes_it(audience: str, application: str | None) -> None:
    assert application_of(audience) == application


def test_unknown_method_is_not_found(cast: Cast, path: str) -> None:
    alice = cast.alice()
    assert alice.get(f"{path}/credentials/new").status_code == 200
    assert alice.get(f"{path}/credentials/new/password").status_code == 404
    assert alice.post_form(f"{path}/credentials/new/password", page=path, days="90").status_code == 404


def test_page_of_an_inactive_connection_says_that_requests_are_refused(
    cast: Cast, contoso: Directory, path: str
) -> None:
    alice = cast.alice()
    with cast.app.app_context(), unit_of_work():
        db.session.scalars(sa.select(Connection).where(Connection.tenant == CONTOSO)).one().is_enabled = False
    assert contoso.get("Users").status_code == 401
    assert "requests of your directory are refused" in alice.get(path).text


def test_a_third_token_is_refused(cast: Cast, path: str) -> None:
    alice = cast.alice()
    create(alice, path)
    create(alice, path)
    response = alice.post_form(f"{path}/credentials/new/token", page=path, days="90")
    assert response.status_code == 422
    assert "A connection can have two of a kind" in response.text
    assert len(token_ids(cast)) == 2


def test_credential_that_works_is_revoked_after_a_question(cast: Cast, path: str) -> None:
    alice = cast.alice()
    create(alice, path)
    kept = create(alice, path)
    first, second = token_ids(cast)
    asked = alice.post_form(f"{path}/credentials/{first}/revoke", page=path)
    assert (asked.status_code, "Another one works." in asked.text) == (409, True)
    assert alice.post_form(f"{path}/credentials/{first}/revoke", page=path, confirmed="yes").status_code == 303
    asked = alice.post_form(f"{path}/credentials/{second}/revoke", page=path)
    assert (asked.status_code, "It’s the only one that works." in asked.text) == (409, True)
    assert Directory(cast.app, kept, CONTOSO).get("Users").status_code == 200
    assert alice.post_form(f"{path}/credentials/{second}/revoke", page=path, confirmed="yes").status_code == 303
    assert Directory(cast.app, kept, CONTOSO).get("Users").status_code == 401


def test_page_says_what_the_directory_did_and_why_not(cast: Cast, contoso: Directory, path: str) -> None:
    ann, group = contoso.user("ann"), contoso.group("Engineers")
    contoso.patch(f"Users/{ann['id']}", {"op": "Replace", "path": "title", "value": "Boss"})
    contoso.patch(f"Users/{ann['id']}", {"op": "Replace", "path": "active", "value": "False"})
    contoso.patch(f"Groups/{group['id']}", {"op": "Add", "path": "members", "value": member(ann["id"])})
    contoso.post("Users", user("ann", displayName="Second Ann"))
    page = cast.alice().get(path).text
    for words in (
        "Added Ann Example.",
        "Added the group Engineers.",
        "Changed Ann Example: title.",
        "Deactivated Ann Example. Their sessions ended.",
        "Changed the group Engineers: 1 person added.",
        "Couldn’t add Second Ann. Another user of this connection has this userName or externalId.",
    ):
        assert words in page, words


def test_page_lists_possible_duplicates_and_users_without_an_object_id(
    cast: Cast, contoso: Directory, path: str
) -> None:
    account(cast.app, company_of(cast.app), "bob@contoso.example", "Bob from before")
    contoso.user("bob", externalId=BOB.oid)
    contoso.user("zoe", externalId="zoe")
    page = cast.alice().get(path).text
    assert "Bob from before" in page
    assert "1 user isn’t connected to a person" in page
    assert "Zoe Example" in page


def test_stopping_forgets_the_directory_and_lets_admins_reactivate(cast: Cast, contoso: Directory, path: str) -> None:
    shown = contoso.user("bob", externalId=BOB.oid)
    group = contoso.group()
    contoso.patch(f"Groups/{group['id']}", {"op": "Add", "path": "members", "value": member(shown["id"])})
    contoso.patch(f"Users/{shown['id']}", {"op": "Replace", "path": "active", "value": False})
    alice = cast.alice()
    assert "1 person whom it deactivated stays deactivated" in alice.get(f"{path}/stop").text
    assert alice.post_form(f"{path}/stop", page=path).status_code == 303
    assert contoso.get("Users").status_code == 401
    person = f"/people/{cast.person_id(BOB)}"
    alice.post_form(f"{person}/active", page=person, active="yes")
    with cast.app.app_context():
        assert cast.person(BOB).is_active


@pytest.mark.parametrize("method", ["token", "client secret"])
def test_warnings_are_sent_before_a_credential_expires(cast: Cast, mail_server: LocalMailServer, method: str) -> None:
    last = now().date() + timedelta(days=100)
    if method == "token":
        connect(cast.app, CONTOSO, expires=last)
    else:
        client_of(cast).add_secret(last)
        client_of(cast).trust()
    seen = []
    with time_machine.travel(now(), tick=True) as clock:
        for days in (30, 12, 0, 20, 33, 5, 5):
            clock.shift(timedelta(days=days))
            with cast.app.app_context():
                schedule.send_expiry_warnings()
            run_tasks(cast.app)
            seen.append(len([one for one in mail_server.emails if f"provisioning {method}" in str(one["Subject"])]))
    assert seen == [0, 1, 1, 1, 2, 3, 4]


def test_old_requests_are_deleted(cast: Cast, contoso: Directory) -> None:
    contoso.user("ann")
    with time_machine.travel(now() + timedelta(days=31), tick=True), cast.app.app_context():
        schedule.purge_scim_requests()
        assert db.session.scalar(sa.select(sa.func.count(ScimRequest.id))) == 0


def test_audit_log_says_what_the_directory_did(cast: Cast, contoso: Directory) -> None:
    shown = contoso.user("ann")
    contoso.patch(f"Users/{shown['id']}", {"op": "Replace", "path": "active", "value": False})
    page = re.sub(r"<[^>]+>|\s+", " ", cast.alice().get("/audit").text)
    page = re.sub(r" +", " ", page)
    assert "The directory of Contoso staff added Ann Example" in page
    assert "The directory of Contoso staff deactivated Ann Example" in page
