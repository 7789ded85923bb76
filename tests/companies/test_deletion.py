"""When the time of grace is over, everything of a company is deleted, and nothing else."""

import signal
import subprocess
import sys
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from app.audit.closing import close_open_entries
from app.companies import queries as companies
from app.companies.deletion import actions as deletion
from app.companies.deletion import erasing
from app.companies.models import Company, DeletedCompany, LoginPage, RetiredCode
from app.core.database import Base, db
from app.core.unit_of_work import unit_of_work
from app.settings import Settings
from tests.accounts import sign_in
from tests.at_once import at_once
from tests.browser import Browser
from tests.cast import ALICE, OWNER_PASSWORD, Cast
from tests.deletion import (
    ENDLESS,
    OWNER,
    after,
    begin,
    company,
    company_id,
    environment,
    fill,
    finish_deletion,
    identities,
    insert,
    occurrences,
    of_company,
    start,
    until_fewer,
    worker,
)


@pytest.fixture
def owner(cast: Cast) -> Browser:
    browser = cast.browser()
    assert sign_in(browser, OWNER, OWNER_PASSWORD) == 303
    return browser


def test_it_can_not_be_canceled_once_it_has_begun(cast: Cast, owner: Browser) -> None:
    start(owner)
    contoso = company_id(cast.app)
    with cast.app.app_context():
        with after(8), unit_of_work():
            assert deletion.begin(contoso)
        with after(8), unit_of_work():
            assert not deletion.begin(contoso)
        with unit_of_work():
            assert not deletion.cancel(companies.by_id(contoso), actor_id=uuid4())
    assert owner.get("/account").status_code == 302
    assert cast.browser().get("/login/contoso").status_code == 404


def test_nothing_is_left_and_nothing_of_others_is_gone(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every table has rows of both companies, also tables that are added later."""
    monkeypatch.setattr(erasing, "BATCH", 3)
    contoso, fabrikam = company_id(cast.app), company_id(cast.app, "Fabrikam")
    cast.alice()
    cast.bob()
    cast.charlie()
    with cast.app.app_context():
        close_open_entries()
    fill(cast.app, contoso)
    fill(cast.app, fabrikam)
    org_id, before = cast.org_id(), of_company(cast.app, fabrikam)
    assert {name for name, number in before.items() if not number} == {"audit_open"}, "all are in the chain"
    ids = identities(cast.app, contoso)
    assert occurrences(cast.app, ids), "this check must be able to fail"

    finish_deletion(cast.app, contoso)
    assert occurrences(cast.app, ids) == {}
    assert of_company(cast.app, fabrikam) == before
    with cast.app.app_context():
        assert db.session.scalars(sa.select(DeletedCompany.public_id)).all() == [org_id]
        assert db.session.scalars(sa.select(Company.name)).all() == ["Fabrikam"]


def test_photo_that_someone_else_has_stays(cast: Cast) -> None:
    cast.alice()
    cast.charlie()
    with cast.app.app_context(), unit_of_work():
        avatars = Base.metadata.tables["avatar"]
        for name in ("shared", "own"):
            db.session.execute(sa.insert(avatars).values(hash=name, content=b"x"))
        cast.person(ALICE).avatar_hash = "shared"
        db.session.execute(sa.text("UPDATE person SET avatar_hash = 'shared' WHERE role = 'owner'"))
        db.session.execute(sa.text("UPDATE person SET avatar_hash = 'own' WHERE name = 'Olivia Owner'"))
    finish_deletion(cast.app, company_id(cast.app))
    with cast.app.app_context():
        assert set(db.session.scalars(sa.select(avatars.c.hash))) & {"own", "shared"} == {"shared"}


def test_codes_are_never_given_again(cast: Cast, owner: Browser) -> None:
    contoso = company_id(cast.app)
    with cast.app.app_context():
        page_id = db.session.scalar(sa.select(LoginPage.id).where(LoginPage.code == "contoso"))
    owner.post_form(
        f"/account/advanced/login-page/{page_id}/save",
        page="/account",
        code="contoso-new",
        note="",
    )
    finish_deletion(cast.app, contoso)
    with cast.app.app_context():
        kept = db.session.scalars(sa.select(RetiredCode.code).order_by(RetiredCode.code)).all()
        assert kept == ["contoso", "contoso-lisbon", "contoso-new"]
        fabrikam = company_id(cast.app, "Fabrikam")
        assert not any(companies.code_is_free(whose, code) for code in kept for whose in (None, fabrikam))
    assert cast.browser().get("/login/contoso-lisbon").status_code == 404


def test_domain_is_free_again(cast: Cast) -> None:
    contoso = company_id(cast.app)
    fill(cast.app, contoso)
    finish_deletion(cast.app, contoso)
    with cast.app.app_context():
        assert db.session.scalar(sa.text("SELECT count(*) FROM domain")) == 0


def test_worker_that_is_killed_anywhere_leaves_the_rest_to_the_next(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each batch: with the process, its transaction is gone."""
    monkeypatch.setattr(erasing, "BATCH", 2)
    contoso = company_id(cast.app)
    cast.alice()
    fill(cast.app, contoso)
    ids, original, kills = identities(cast.app, contoso), erasing._run, 0
    begin(cast.app, contoso)

    class Killed(BaseException):
        pass

    limit = 0

    def run(statement: Any) -> int:
        nonlocal limit
        limit -= 1
        if limit < 0:
            raise Killed
        return original(statement)

    monkeypatch.setattr(erasing, "_run", run)
    with cast.app.app_context():
        while company(cast.app):
            kills += 1
            limit = 2 * len(erasing.owned_tables()) if kills > 5 else 7 * kills
            try:
                erasing.erase(contoso)
            except Killed:
                db.session.remove()
    assert kills > 3
    assert occurrences(cast.app, ids) == {}


def test_killed_process_leaves_the_rest_to_the_next(cast: Cast, settings: Settings) -> None:
    contoso = company_id(cast.app)
    cast.alice()
    fill(cast.app, contoso)
    ids = identities(cast.app, contoso)
    begin(cast.app, contoso)
    with subprocess.Popen([sys.executable, "-c", ENDLESS, str(contoso)], env=environment(settings)) as process:
        until_fewer(cast.app, ids, process)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert company(cast.app)
    worker(cast.app)
    assert company(cast.app) is None
    assert occurrences(cast.app, ids) == {}


def test_two_workers_at_once_delete_it_once(cast: Cast) -> None:
    contoso = company_id(cast.app)
    fill(cast.app, contoso)
    ids = identities(cast.app, contoso)
    begin(cast.app, contoso)
    at_once([lambda: worker(cast.app)] * 2)
    worker(cast.app)
    assert company(cast.app) is None
    assert occurrences(cast.app, ids) == {}


def test_row_that_is_written_meanwhile_goes_with_the_next_attempt(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    contoso = company_id(cast.app)
    begin(cast.app, contoso)
    original = erasing._retire_codes

    def write_meanwhile(whose: UUID) -> None:
        monkeypatch.setattr(erasing, "_retire_codes", original)
        original(whose)
        insert(db.session.connection(), Base.metadata.tables["person"], contoso)

    monkeypatch.setattr(erasing, "_retire_codes", write_meanwhile)
    worker(cast.app)
    assert company(cast.app), "the person kept it"
    worker(cast.app)
    assert company(cast.app) is None


def test_audit_log_of_another_company_stays_protected(cast: Cast) -> None:
    contoso = company_id(cast.app)
    begin(cast.app, contoso)
    with cast.app.app_context():
        close_open_entries()
        for table in ("audit_chain", "audit_entry"):
            for change in (f"DELETE FROM {table}", f"UPDATE {table} SET company_id = company_id"):  # noqa: S608
                with pytest.raises(sa.exc.DBAPIError, match="history is written once"), unit_of_work():
                    db.session.execute(sa.text(change))
