"""What a session records of its sign-in: time, methods and connection."""

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pyotp
import pytest
import sqlalchemy as sa
import time_machine

from app.companies.models import Company, PasswordSignIn
from app.connections.models import Draft
from app.core.database import db, now
from app.core.unit_of_work import unit_of_work
from app.sessions.models import Session
from tests.accounts import PASSWORD, account, company_of, sign_in
from tests.browser import Browser
from tests.cast import ALICE, Cast
from tests.directory import CONTOSO
from tests.passkey import SoftPasskey
from tests.recent import signed_in_recently
from tests.spa import sign_in_on_page

EMAIL = "otto@contoso.example"
PAGE, STEP = "/account/second-factor", "/auth/second-factor"


def newest(cast: Cast) -> Session:
    with cast.app.app_context():
        return db.session.scalars(sa.select(Session).order_by(Session.id.desc()).limit(1)).one()


def through_microsoft(cast: Cast, flow: str, **claims: Any) -> Session:
    cast.switch(CONTOSO, flow)
    if claims:
        cast.directory.drill("id_token", alg="RS256", claims=claims)
    if flow == "server":
        assert cast.browser().sign_in_as(ALICE, "contoso", cast.directory).status_code == 303
    else:
        assert sign_in_on_page(cast.browser(), ALICE, "contoso", cast.directory).status_code == 200
    return newest(cast)


def contoso_connection_id(cast: Cast) -> UUID | None:
    with cast.app.app_context():
        return db.session.scalar(sa.select(Draft.id).where(Draft.tenant == CONTOSO))


def just_now(moment: datetime) -> bool:
    return now() - timedelta(minutes=2) < moment <= now()


@pytest.fixture
def otto(cast: Cast) -> Browser:
    """An owner with a password, signed in."""
    account(cast.app, company_of(cast.app), EMAIL, "Otto Owner", "owner")
    browser = cast.browser()
    assert sign_in(browser, EMAIL) == 303
    return browser


@pytest.mark.parametrize("flow", ["server", "spa"])
def test_microsoft_sign_in_without_optional_claims_has_time_of_response(cast: Cast, flow: str) -> None:
    session = through_microsoft(cast, flow)
    assert session.amr == []
    assert just_now(session.auth_time)
    assert session.reauthenticated_at is None
    assert session.microsoft_sid, "the sandbox's registration has the optional claim sid"
    assert session.connection_id == contoso_connection_id(cast)


@pytest.mark.parametrize("flow", ["server", "spa"])
def test_microsoft_claims_are_stored(cast: Cast, flow: str) -> None:
    signed_in = int(time.time()) - 3600
    session = through_microsoft(cast, flow, auth_time=signed_in, amr=["pwd", "mfa"], sid="upstream")
    assert session.amr == ["pwd", "mfa"]
    assert session.auth_time == datetime.fromtimestamp(signed_in, UTC)
    assert session.reauthenticated_at is None, "an hour ago was before this sign-in"
    assert session.microsoft_sid == "upstream"


@pytest.mark.parametrize(
    ("claims", "amr"),
    [
        ({"amr": "pwd"}, []),
        ({"amr": {"pwd": True}}, []),
        ({"amr": ["pwd", 7, "", "a b", "x" * 33, None]}, ["pwd"]),
        ({"amr": [f"m{number}" for number in range(50)]}, [f"m{number}" for number in range(10)]),
    ],
)
def test_invalid_methods_are_dropped(cast: Cast, claims: dict[str, Any], amr: list[str]) -> None:
    assert through_microsoft(cast, "server", **claims).amr == amr


@pytest.mark.parametrize("auth_time", [-1, 0, 2**40, 10**400])
def test_impossible_auth_time_is_ignored(cast: Cast, auth_time: int) -> None:
    assert just_now(through_microsoft(cast, "server", auth_time=auth_time).auth_time)


def test_password_session_has_amr_pwd(cast: Cast, otto: Browser) -> None:
    session = newest(cast)
    assert session.amr == ["pwd"]
    assert session.connection_id is None
    assert session.auth_time == session.reauthenticated_at
    assert just_now(session.auth_time)


def test_code_and_recovery_code_have_their_amr(cast: Cast, otto: Browser) -> None:
    signed_in_recently(cast.app)
    codes = re.findall(r"<code>((?:[2-9a-z]{4}-){3}[2-9a-z]{4})</code>", _make_codes(otto))
    totp = _add_app(otto)
    for typed, amr in ((totp.now(), ["pwd", "otp"]), (codes[0], ["pwd"])):
        browser = cast.browser()
        assert sign_in(browser, EMAIL, PASSWORD) == 303
        assert browser.post_form(STEP, page=STEP, number=typed).status_code == 303
        assert newest(cast).amr == amr


@pytest.mark.parametrize(("synced", "amr"), [(True, ["pwd", "pop"]), (False, ["pwd", "pop", "hwk"])])
def test_passkey_has_its_amr(cast: Cast, otto: Browser, *, synced: bool, amr: list[str]) -> None:
    passkey = SoftPasskey(cast.app.config["BASE_URL"], is_synced=synced)
    added = otto.post_form(f"{PAGE}/passkeys", page="/account", credential=passkey.create(otto.get(PAGE).text), name="")
    assert added.status_code == 303
    browser = cast.browser()
    assert sign_in(browser, EMAIL, PASSWORD) == 303
    response = browser.post_form(STEP, page=STEP, credential=passkey.get(browser.get(STEP).text))
    assert response.status_code == 303
    assert newest(cast).amr == amr


def test_recovery_code_alone_has_no_amr(cast: Cast, otto: Browser) -> None:
    (code, *_) = re.findall(r"<code>((?:[2-9a-z]{4}-){3}[2-9a-z]{4})</code>", _make_codes(otto))
    browser = cast.browser()
    used = browser.post_form("/login/contoso/recovery/use", page="/login/contoso/recovery", key=code)
    assert used.status_code == 303
    assert newest(cast).amr == []


def test_method_disabled_between_steps_is_rejected(cast: Cast, otto: Browser) -> None:
    """The policy is checked when a sign-in completes, not only with the password."""
    totp = _add_app(otto)
    browser = cast.browser()
    assert sign_in(browser, EMAIL, PASSWORD) == 303
    with cast.app.app_context(), unit_of_work():
        db.session.execute(sa.update(Company).values(password_sign_in=PasswordSignIn.NO_ONE))
    response = browser.post_form(STEP, page=STEP, number=totp.now())
    assert response.status_code == 403
    assert browser.get("/account").status_code == 302


def _make_codes(browser: Browser) -> str:
    signed_in_recently(browser.application)
    return browser.post_form("/account/recovery-codes", page="/account").text


def _add_app(browser: Browser) -> pyotp.TOTP:
    signed_in_recently(browser.application)
    browser.post_form(f"{PAGE}/app", page=PAGE)
    found = re.search(r"<code>([A-Z2-7]{32})</code>", browser.get(PAGE).text)
    assert found
    totp = pyotp.TOTP(found[1])
    with time_machine.travel(time.time(), tick=False):
        # The previous code, so that the current one is still unused.
        response = browser.post_form(f"{PAGE}/app/confirm", page=PAGE, number=totp.at(int(time.time()) - 30))
    assert response.status_code == 303
    return totp
