"""Changes to sign-in methods: the old app works until the new one is confirmed, and the person is notified."""

import re

import pytest
import sqlalchemy as sa

from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.people import actions, queries
from app.people.two_step.models import Authenticator
from tests.accounts import PASSWORD, account, company_of, person, sign_in
from tests.assertions import audit_entries
from tests.browser import Browser, pick
from tests.cast import ALICE, BOB, Cast
from tests.mail_server import LocalMailServer, text_of
from tests.passkey import SoftPasskey
from tests.recent import FACTORS, add_app, signed_in_recently
from tests.tasks import run_tasks

EMAIL = "otto@contoso.example"
NEW = "a wholly other phrase"


@pytest.fixture
def otto(cast: Cast) -> Browser:
    account(cast.app, company_of(cast.app), EMAIL, "Otto Owner", "owner")
    browser = cast.browser()
    assert sign_in(browser, EMAIL) == 303
    return browser


def secrets(cast: Cast) -> list[str | None]:
    with cast.app.app_context():
        return [row.secret for row in db.session.scalars(sa.select(Authenticator))]


def test_old_app_works_until_new_one_is_confirmed(cast: Cast, otto: Browser) -> None:
    old = add_app(otto)
    otto.post_form(f"{FACTORS}/app", page=FACTORS)
    assert secrets(cast) == [old.secret], "starting another setup replaces nothing"
    browser = cast.browser()
    assert sign_in(browser, EMAIL) == 303
    assert browser.get("/account").status_code == 302, "the password alone is not enough"
    step = "/auth/second-factor"
    assert browser.post_form(step, page=step, number=old.now()).status_code == 303

    new = add_app(otto, number=lambda totp: "000000")
    assert secrets(cast) == [old.secret], "a wrong code replaces nothing"
    new = add_app(otto)
    assert secrets(cast) == [new.secret]
    assert [entry.detail["kind"] for entry in audit_entries(cast.app, "second_factor.replaced")] == ["authenticator"]


def test_each_setup_shows_a_new_secret(cast: Cast, otto: Browser) -> None:
    shown = set()
    for _ in range(2):
        otto.post_form(f"{FACTORS}/app", page=FACTORS)
        shown.update(re.findall(r"<code>([A-Z2-7]{32})</code>", otto.get(FACTORS).text))
    assert len(shown) == 2


# Recorded and emailed


def test_every_change_is_recorded_and_emailed(cast: Cast, otto: Browser, mail_server: LocalMailServer) -> None:
    def emailed_changes() -> list[str]:
        run_tasks(cast.app)
        texts = [text_of(message) for message in mail_server.emails if message["To"] == EMAIL]
        mail_server.emails.clear()
        return [line.rpartition(" (")[0] for text in texts for line in text.splitlines() if line.endswith("UTC).")]

    add_app(otto)
    assert emailed_changes() == ["An authenticator app was added"]
    add_app(otto)
    assert emailed_changes() == ["Your authenticator app was replaced"]
    otto.post_form(f"{FACTORS}/app/remove", page=FACTORS)
    assert emailed_changes() == ["An authenticator app was removed"]
    credential = SoftPasskey(cast.app.config["BASE_URL"]).create(otto.get(FACTORS).text)
    otto.post_form(f"{FACTORS}/passkeys", page="/account", credential=credential, name="Phone")
    assert emailed_changes() == ["A passkey was added"]
    path = re.search(rf'action="({FACTORS}/passkeys/[^"]+/remove)"', otto.get(FACTORS).text)
    assert path
    otto.post_form(path[1], page=FACTORS)
    assert emailed_changes() == ["A passkey was removed"]
    otto.post_form("/account/recovery-codes", page="/account")
    assert emailed_changes() == ["New recovery codes were generated; older ones no longer work"]
    otto.post_form("/account/password", page="/account/password", old=PASSWORD, password=NEW)
    assert emailed_changes() == ["Your password was changed"]
    add_app(otto)
    emailed_changes()
    alice, otto_id = cast.alice(), person(cast.app, EMAIL).id
    signed_in_recently(cast.app)
    alice.post_form(f"/people/{otto_id}/second-factor/remove", page=f"/people/{otto_id}")
    assert emailed_changes() == ["Your two-step verification was reset by an administrator"]
    page = otto.get("/account/microsoft").text
    action = re.search(r'action="(/account/microsoft/[^"]+)"', page)
    assert action
    started = otto.post_form(action[1], page="/account/microsoft")
    assert otto.get(pick(cast.directory, started.headers["Location"], BOB)).status_code == 303
    assert emailed_changes() == ["A Microsoft account was connected"]
    recorded = {entry.event for entry in audit_entries(cast.app)}
    assert {"second_factor.added", "second_factor.replaced", "second_factor.removed", "recovery_codes.made"} <= recorded
    assert {"password.changed", "second_factor.taken_away", "person.joined"} <= recorded


def test_rolled_back_change_is_not_emailed(cast: Cast, otto: Browser, mail_server: LocalMailServer) -> None:
    otto.post_form(f"{FACTORS}/app", page=FACTORS)
    assert otto.post_form(f"{FACTORS}/app/confirm", page=FACTORS, number="000000").status_code == 422
    with cast.app.app_context(), unit_of_work():
        found = queries.person(company_of(cast.app), person(cast.app, EMAIL).id)  # type: ignore[arg-type]
        assert found
        actions.set_password(found, NEW, actor_id=found.id)
        db.session.rollback()
        db.session.execute(sa.text("SELECT 1"))
    run_tasks(cast.app)
    assert mail_server.emails == []


# Linking, where two-step verification is on


@pytest.mark.parametrize("proof", ["password", "key"])
def test_linking_account_with_two_step_verification_requires_second_step(
    cast: Cast, mail_server: LocalMailServer, proof: str
) -> None:
    email = "adaeze.okonkwo@contoso.example"
    account(cast.app, company_of(cast.app), email, "Adaeze from before")
    owner = cast.browser()
    assert sign_in(owner, email) == 303
    totp = add_app(owner)

    browser = cast.browser()
    assert browser.sign_in_as(ALICE, "contoso", cast.directory).location == "/auth/joining"
    if proof == "password":
        response = browser.post_form("/auth/joining/password", page="/auth/joining", password=PASSWORD)
    else:
        mail_server.emails.clear()
        browser.post_form("/auth/joining/mail", page="/auth/joining")
        run_tasks(cast.app)
        emails = [text_of(message) for message in mail_server.emails if "/auth/joining" in text_of(message)]
        emailed_link = re.search(r"/auth/joining\?key=\w+", emails[-1])
        assert emailed_link
        page = browser.opened(emailed_link[0])
        response = browser.post_form(page.replace("/joining?", "/joining/key?"), page=page)
    assert response.location == "/auth/second-factor"
    assert person(cast.app, email).oid is None
    assert browser.get("/account").status_code == 302
    step = "/auth/second-factor"
    assert browser.post_form(step, page=step, number="000000").status_code == 422
    assert person(cast.app, email).oid is None
    assert browser.post_form(step, page=step, number=totp.now()).status_code == 303
    assert person(cast.app, email).oid == ALICE.oid
    assert (person(cast.app, email).password_hash is None) == (proof == "key")
    assert browser.get("/account").status_code == 200
