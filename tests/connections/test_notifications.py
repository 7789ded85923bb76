"""Owners and admins are notified in time: by email through a real server, and by a banner."""

import math
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from app.cli.schedule import send_expiry_warnings
from app.companies import actions as companies
from app.companies.models import Company
from app.connections import actions, notifications, queries
from app.connections.models import Draft
from app.core.database import db
from app.core.email import Recipient
from app.core.unit_of_work import unit_of_work
from app.entra_apps import actions as entra_apps
from app.entra_apps.models import ClientCredential
from app.people import actions as people
from app.people.models import Person, Role
from app.people.queries import admin_recipients
from tests import directory as seed
from tests.assertions import audit_entries
from tests.assertions import queries as sent
from tests.browser import Browser
from tests.cast import ALICE, BOB, OWNER_PASSWORD, Cast
from tests.mail_server import LocalMailServer
from tests.tasks import run_tasks

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
EXPIRES = date(2027, 3, 1)


@pytest.fixture
def clock(cast: Cast) -> Iterator[time_machine.Traveller]:
    """Noon of a day on which nothing is due yet."""
    with time_machine.travel(NOON, tick=False) as travelled:
        yield travelled


@pytest.fixture
def credential_id(cast: Cast, clock: time_machine.Traveller) -> UUID:
    """Contoso's only credential, which expires on 1 Mar 2027; Fabrikam's has no expiry date."""
    with cast.app.app_context():
        with unit_of_work():
            draft = contoso_draft()
            (credential,) = draft.active_credentials
            credential.expires = EXPIRES
            credential_id = credential.id
            company_id = draft.company_id
            for email, role in (("admin@", Role.ADMIN), ("gone@", Role.OWNER), ("member@", Role.MEMBER)):
                person = people.make(
                    company_id, email=f"{email}contoso.example", name=email, role=role, password=OWNER_PASSWORD
                )
                person.is_active = email != "gone@"
        return credential_id


def contoso_draft() -> Draft:
    return db.session.scalars(sa.select(Draft).where(Draft.tenant == seed.CONTOSO)).one()


def run_hourly_task(app: Flask) -> None:
    with app.app_context():
        send_expiry_warnings()
    run_tasks(app)


def go_to(clock: time_machine.Traveller, days_before: int) -> None:
    clock.move_to(datetime.combine(EXPIRES - timedelta(days=days_before), NOON.time(), tzinfo=UTC))


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (60, "expires on 1 Mar 2027, in 60 days."),
        (30, "expires on 1 Mar 2027, in 30 days."),
        (7, "expires on 1 Mar 2027, in 7 days."),
        (1, "expires on 1 Mar 2027, tomorrow."),
    ],
)
def test_owners_and_admins_are_emailed_once_at_each_threshold(
    cast: Cast, mail_server: LocalMailServer, credential_id: UUID, clock: time_machine.Traveller, days: int, words: str
) -> None:
    with cast.app.app_context(), unit_of_work():
        db.session.get_one(ClientCredential, credential_id).warned = {60: None, 30: 60, 7: 30, 1: 7}[days]
    go_to(clock, days + 1)
    run_hourly_task(cast.app)
    assert mail_server.emails == []
    go_to(clock, days)
    for _ in range(3):
        run_hourly_task(cast.app)
    assert mail_server.recipients == ["owner@contoso.example", "admin@contoso.example"]
    assert words in mail_server.texts()[0]
    in_days = words.partition(", ")[2].rstrip(".")
    assert mail_server.subjects() == [f"Your client secret for “Contoso staff” expires {in_days}"] * 2
    assert f"{cast.app.config['BASE_URL']}/account/advanced/active-directory/" in mail_server.texts()[0]


def test_owners_are_emailed_when_unfixed_credential_expires(
    cast: Cast, mail_server: LocalMailServer, credential_id: UUID, clock: time_machine.Traveller
) -> None:
    go_to(clock, 0)
    run_hourly_task(cast.app)
    go_to(clock, -1)
    run_hourly_task(cast.app)
    assert mail_server.subjects()[::2] == [
        "Your client secret for “Contoso staff” expires today",
        "The client secret for “Contoso staff” has expired",
    ]
    assert "expires on 1 Mar 2027, today." in mail_server.texts()[0]


def test_one_email_replaces_warnings_missed_while_worker_was_down(
    cast: Cast, mail_server: LocalMailServer, credential_id: UUID, clock: time_machine.Traveller
) -> None:
    go_to(clock, 60)
    run_hourly_task(cast.app)
    go_to(clock, 5)
    run_hourly_task(cast.app)
    assert [text.split(", ")[1].split(".")[0] for text in mail_server.texts()[::2]] == ["in 60 days", "in 5 days"]


def test_only_one_of_two_workers_sends_warning(
    cast: Cast, mail_server: LocalMailServer, credential_id: UUID, clock: time_machine.Traveller
) -> None:
    go_to(clock, 30)
    with cast.app.app_context():
        # The second worker has read what the first is about to change.
        stale = queries.active_credential(credential_id)
        with cast.app.app_context():
            notifications.send_expiry_warnings()
        assert stale is not None
        assert stale[1].warned is None
        with unit_of_work():
            assert not entra_apps.claim_warning(stale[1].id, 30)


def test_warning_is_retried_in_an_hour_if_queue_is_down(
    cast: Cast,
    mail_server: LocalMailServer,
    credential_id: UUID,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    go_to(clock, 30)
    with monkeypatch.context() as broken:
        broken.setattr("app.core.email.send_email_now", lambda *_, **__: False)
        run_hourly_task(cast.app)
    run_hourly_task(cast.app)
    assert len(mail_server.emails) == 2


def test_email_says_that_another_credential_takes_over(
    cast: Cast, mail_server: LocalMailServer, credential_id: UUID, clock: time_machine.Traveller
) -> None:
    with cast.app.app_context(), unit_of_work():
        draft = contoso_draft()
        actions.add_secret(draft, "the next one", date(2028, 1, 31))
        actions.activate(draft)
    go_to(clock, 7)
    run_hourly_task(cast.app)
    text = mail_server.texts()[0]
    assert "No action needed: another credential, valid until 31 Jan 2028, will take over." in text
    assert "the next one" not in text
    assert seed.CONTOSO_SECRET not in text
    assert notices(cast) is None


@pytest.mark.parametrize("off", ["connection", "company", "credential"])
def test_nothing_inactive_triggers_warnings(
    cast: Cast, mail_server: LocalMailServer, credential_id: UUID, clock: time_machine.Traveller, off: str
) -> None:
    with cast.app.app_context(), unit_of_work():
        draft = contoso_draft()
        assert draft.connection
        if off == "connection":
            draft.connection.is_enabled = False
        elif off == "company":
            draft.company.is_active = False
        else:
            entra_apps.move_credentials(draft.connection.entra_app, draft.entra_app)
    go_to(clock, 7)
    run_hourly_task(cast.app)
    assert mail_server.emails == []


def signed_in(cast: Cast, email: str) -> Browser:
    """With a password, because the directory's clock can't be moved."""
    browser = cast.browser()
    browser.post_form(
        "/login/contoso/password", page="/login/contoso", email=f"{email}@contoso.example", password=OWNER_PASSWORD
    )
    return browser


def test_owners_and_admins_see_banner_on_every_page_and_members_do_not(
    cast: Cast, credential_id: UUID, clock: time_machine.Traveller
) -> None:
    go_to(clock, 7)
    with cast.app.app_context():
        send_expiry_warnings()
    words = "The credential for “Contoso staff” expires on 1 Mar 2027, in 7 days."
    owner, admin, member = (signed_in(cast, name) for name in ("owner", "admin", "member"))
    for path in ("/account", "/people"):
        assert words in owner.get(path).text
        assert words in admin.get(path).text
        assert words not in member.get(path).text


def test_banner_costs_no_query(cast: Cast, credential_id: UUID, clock: time_machine.Traveller) -> None:
    go_to(clock, 30)
    owner, number = signed_in(cast, "owner"), []
    for _ in range(2):
        with sent(cast.app) as statements:
            page = owner.get("/people")
        number.append((len(statements), "The credential for" in page.text))
        with cast.app.app_context():
            send_expiry_warnings()
    # The signed-in person, the count, the list, and the methods to choose from.
    assert number == [(4, False), (4, True)]


def test_hourly_check_needs_same_statements_for_more_companies(
    cast: Cast, credential_id: UUID, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_to(clock, 7)
    numbers = []
    for count in (1, 5):
        with cast.app.app_context():
            with unit_of_work():
                for number in range(count):
                    add_company_with_expiring_credential(f"c{count}-{number}")
            notifications.send_expiry_warnings()
        with sent(cast.app) as statements, cast.app.app_context():
            notifications.send_expiry_warnings()
        numbers.append(len(statements))
    assert numbers[0] == numbers[1]
    # All are checked, whatever the batch size.
    monkeypatch.setattr(actions, "BATCH", 2)
    go_to(clock, -1)
    with cast.app.app_context():
        notifications.send_expiry_warnings()
        noted = db.session.scalars(sa.select(Company.notices).where(Company.name != "Fabrikam")).all()
    assert [one[0]["outlook"] if one else "" for one in noted] == ["ended"] * 7


def test_new_credential_removes_banner(cast: Cast, credential_id: UUID, clock: time_machine.Traveller) -> None:
    go_to(clock, 7)
    with cast.app.app_context():
        send_expiry_warnings()
    assert notices(cast)
    with cast.app.app_context(), unit_of_work():
        draft = contoso_draft()
        actions.add_secret(draft, "the next one", date(2028, 1, 31))
        actions.activate(draft)
    assert notices(cast) is None


def test_rejected_credential_is_reported_immediately_and_once(cast: Cast, mail_server: LocalMailServer) -> None:
    cast.alice()
    cast.directory.application(seed.CONTOSO, seed.CONTOSO_CLIENT, secrets=[])
    for _ in range(3):
        response = cast.browser().sign_in_as(BOB, "contoso", cast.directory)
        assert response.status_code == 400
        run_tasks(cast.app)
    assert sorted(mail_server.recipients) == ["adaeze.okonkwo@contoso.example", "owner@contoso.example"]
    assert mail_server.subjects()[0] == "Action needed: Microsoft is rejecting the client secret for “Contoso staff”"
    assert "(AADSTS7000215)" in mail_server.texts()[0]
    assert "How to fix it: " in mail_server.texts()[0]
    assert "People at Contoso can’t use it to sign in until it’s fixed." in mail_server.texts()[0]
    assert len(audit_entries(cast.app, "credential.refused")) == 1
    browser = signed_in(cast, "owner")
    assert "Microsoft has been rejecting the credential for “Contoso staff”" in browser.get("/account").text


def test_rejection_that_could_not_be_queued_is_reported_next_time(
    cast: Cast, mail_server: LocalMailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.directory.application(seed.CONTOSO, seed.CONTOSO_CLIENT, secrets=[])
    with monkeypatch.context() as silent:
        silent.setitem(cast.app.extensions, "queue_gone_until", math.inf)
        assert cast.browser().sign_in_as(BOB, "contoso", cast.directory).status_code == 400
    run_tasks(cast.app)
    assert mail_server.emails == []
    assert cast.browser().sign_in_as(BOB, "contoso", cast.directory).status_code == 400
    run_tasks(cast.app)
    assert mail_server.recipients == ["owner@contoso.example"]


def test_intermittent_rejection_is_reported_once_a_day(
    cast: Cast, mail_server: LocalMailServer, credential_id: UUID, clock: time_machine.Traveller
) -> None:
    for hours in (0, 1, 2, 30):
        clock.move_to(NOON + timedelta(hours=hours))
        with cast.app.app_context():
            with unit_of_work():
                draft = contoso_draft()
                assert actions.record_rejected(draft.company_id, draft.id, credential_id)
            with unit_of_work():
                notifications.send_credential_rejected.enqueue(credential_id=str(credential_id), code=7000222)
                actions.record_accepted(draft.company_id, credential_id)
        run_tasks(cast.app)
    assert len(mail_server.emails) == 2 * 2


def test_undecryptable_credential_is_reported_once_a_day(
    cast: Cast, mail_server: LocalMailServer, credential_id: UUID
) -> None:
    for _ in range(2):
        with cast.app.app_context():
            notifications.tell_of_undecryptable.enqueue(credential_id=str(credential_id))
        run_tasks(cast.app)
    assert len(mail_server.emails) == 2


def test_working_connection_shows_no_banner(cast: Cast) -> None:
    with cast.app.app_context(), unit_of_work():
        draft = contoso_draft()
        actions.record_rejected(draft.company_id, draft.id, draft.credentials[0].id)
    assert notices(cast)
    assert cast.browser().sign_in_as(BOB, "contoso", cast.directory).status_code == 303
    assert notices(cast) is None


def test_owners_see_that_email_is_not_configured(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    words = "Email isn’t configured"
    alice, bob = cast.alice(), cast.bob()
    assert words not in alice.get("/account").text
    monkeypatch.setitem(cast.app.jinja_env.globals, "email_is_disabled", True)
    assert words in alice.get("/account").text
    assert words not in bob.get("/account").text


def add_company_with_expiring_credential(code: str) -> None:
    """A company with a credential that expires when Contoso's does."""
    draft = actions.make(
        companies.create(code, code).id, title="Staff", tenant=seed.CONTOSO, client_id=seed.CONTOSO_CLIENT
    )
    actions.add_secret(draft, "a secret", EXPIRES)
    actions.activate(draft)


def notices(cast: Cast) -> list[dict[str, str]] | None:
    with cast.app.app_context():
        return db.session.scalars(sa.select(Company.notices).where(Company.name == "Contoso")).one()


def test_worker_knows_schedule(app: Flask) -> None:
    queue = app.extensions["queue"]
    at_seven_past = datetime(2026, 11, 22, 3, 7)  # noqa: DTZ001 - huey hands over naive times in UTC
    assert "send_expiry_warnings" in [task.name for task in queue.read_periodic(at_seven_past)]
    for task in queue.read_periodic(at_seven_past):
        queue.execute(task)


def test_only_people_with_the_role_are_notified(cast: Cast) -> None:
    cast.alice()
    with cast.app.app_context():
        with unit_of_work():
            db.session.execute(sa.update(Person).where(Person.oid == ALICE.oid).values(role=Role.MEMBER))
        company_id = cast.person(ALICE).company_id
        assert admin_recipients(company_id) == [Recipient("owner@contoso.example")]
