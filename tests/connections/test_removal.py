"""A rejected or expired credential doesn't count as another: removing the only working one needs confirmation."""

import re
from datetime import date
from uuid import UUID

import pytest
from werkzeug.test import TestResponse

from app.companies.models import PasswordSignIn
from app.connections import actions
from app.connections.models import Flow
from app.connections.state import ConnectionState
from app.core.database import now
from app.core.unit_of_work import unit_of_work
from app.entra_apps.models import ClientCredential
from tests.cast import ALICE, BOB, Cast
from tests.connections.admin import AD, Admin, contoso_admin
from tests.directory import CONTOSO_SECRET

NAMES = {
    "ended": "Credential expired",
    "refused": "Credential rejected by Microsoft",
    "unreadable": "Credential can’t be decrypted",
    "missing": "No credential",
}
BANNERS = {
    "ended": "The credential for “Contoso staff” expired on",
    "refused": "Microsoft has been rejecting the credential for “Contoso staff”",
    "unreadable": "Portico hasn’t been able to decrypt the credential for “Contoso staff”",
    "missing": "“Contoso staff” has no credential",
}


def break_credential(credential: ClientCredential, state: str) -> None:
    if state == "ended":
        credential.expires = date(2020, 1, 1)
    elif state == "refused":
        credential.refused_at = now()
    else:
        credential.unreadable_at = now()


def with_second(admin: Admin, state: str) -> tuple[UUID, UUID]:
    """Adds a second credential that doesn't work; returns the IDs of both."""
    with admin.cast.app.app_context():
        with unit_of_work():
            draft = admin.draft()
            second = actions.add_secret(draft, "another", None)
            actions.activate(draft)
            break_credential(second, state)
        return draft.credentials[0].id, second.id


def remove(admin: Admin, credential_id: UUID, **fields: str) -> TestResponse:
    return admin.press(f"credentials/{credential_id}/remove", **fields)


def number(admin: Admin) -> int:
    with admin.cast.app.app_context():
        return len(admin.draft().credentials)


@pytest.mark.parametrize("state", ["ended", "refused", "unreadable"])
def test_removing_only_working_credential_asks_for_confirmation(cast: Cast, state: str) -> None:
    admin = contoso_admin(cast, cast.alice())
    good, bad = with_second(admin, state)
    asked = remove(admin, good)
    assert asked.status_code == 409
    assert "no one can sign in with “Contoso staff”" in asked.text
    assert number(admin) == 2
    assert cast.browser().sign_in_as(BOB, "contoso", cast.directory).status_code == 303
    assert "no one can sign in" not in remove(admin, bad).text
    assert remove(admin, bad, confirmed="yes").status_code == 303, "the working one stays"
    assert number(admin) == 1


def test_confirmed_removal_of_only_working_credential_works(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    good, _ = with_second(admin, "refused")
    form = remove(admin, good).text
    assert re.search(r'name="confirmed"[^>]* value="yes"', form)
    assert remove(admin, good, confirmed="yes").status_code == 303
    assert number(admin) == 1
    assert "Credential rejected by Microsoft" in admin.browser.get(AD).text


def test_removing_last_credential_asks_for_confirmation(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    with cast.app.app_context():
        only = admin.draft().credentials[0].id
    assert remove(admin, only).status_code == 409
    assert remove(admin, only, confirmed="yes").status_code == 303
    assert "“Contoso staff” has no credential" in admin.browser.get("/account").text


def test_credential_next_to_a_working_one_is_removed_without_warning(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    with cast.app.app_context():
        with unit_of_work():
            draft = admin.draft()
            actions.add_secret(draft, CONTOSO_SECRET, None)
            actions.activate(draft)
        first = draft.credentials[0].id
    asked = remove(admin, first)
    assert asked.status_code == 409
    assert "no one can sign in" not in asked.text
    assert remove(admin, first, confirmed="yes").status_code == 303
    assert number(admin) == 1


def test_spa_connection_without_credential_loses_only_no_script_sign_in(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    cast.switch(ALICE.tid, Flow.SPA)
    with cast.app.app_context():
        only = admin.draft().credentials[0].id
    assert "don’t run JavaScript" in remove(admin, only).text
    assert remove(admin, only, confirmed="yes").status_code == 303
    assert "has no credential" not in admin.browser.get("/account").text


def disable_passwords(admin: Admin) -> None:
    with admin.cast.app.app_context(), unit_of_work():
        admin.draft().company.password_sign_in = PasswordSignIn.NO_ONE


def test_only_sign_in_method_is_not_removed_even_when_confirmed(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    good, _ = with_second(admin, "refused")
    disable_passwords(admin)
    assert remove(admin, good, confirmed="yes").status_code == 303
    assert "This is the only working credential." in admin.browser.get(admin.path).text
    assert number(admin) == 2


def test_failing_connection_does_not_count_as_another_sign_in_method(cast: Cast) -> None:
    """The only one that works can't be deactivated, however many others are enabled."""
    admin = contoso_admin(cast, cast.alice())
    disable_passwords(admin)
    with cast.app.app_context(), unit_of_work():
        first = admin.draft()
        settings = {name: getattr(first, name) for name in first.NAMES}
        second = actions.make(first.company_id, **{**settings, "title": "Second"})
        actions.add_secret(second, "wrong", None)
        actions.activate(second)
        break_credential(second.credentials[0], "refused")
    admin.press("enabled", enabled="no", confirmed="yes")
    assert "This is the only sign-in method." in admin.browser.get(admin.path).text
    with cast.app.app_context():
        connection = admin.draft().connection
        assert connection
        assert connection.is_enabled


def test_passwords_cannot_be_disabled_while_no_connection_works(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    with cast.app.app_context(), unit_of_work():
        break_credential(admin.draft().credentials[0], "refused")
    assert "No connection works right now" in admin.browser.get("/account/advanced/lock-out").text


@pytest.mark.parametrize("state", [*NAMES])
def test_banner_list_and_page_show_same_connection_state(cast: Cast, state: str) -> None:
    admin = contoso_admin(cast, cast.alice())
    with cast.app.app_context(), unit_of_work():
        draft = admin.draft()
        if state == "missing":
            actions.remove_credential(draft, draft.credentials[0])
        else:
            break_credential(draft.credentials[0], state)
        actions.refresh_banners(draft.company_id)
    listed, page = admin.browser.get(AD).text, admin.browser.get(admin.path).text
    assert ConnectionState(state)
    for shown in (listed, page):
        assert f'<span class="badge badge-warning">{NAMES[state]}</span>' in shown
        assert '<span class="badge badge-accent">Active</span>' not in shown
        assert BANNERS[state] in shown


def test_connection_stays_active_while_credential_expires_soon(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    with cast.app.app_context(), unit_of_work():
        draft = admin.draft()
        draft.credentials[0].expires = now().date()
        actions.refresh_banners(draft.company_id)
    for path in (AD, admin.path):
        shown = admin.browser.get(path).text
        assert 'badge-accent">Active</span> <span class="badge badge-warning">Credential expires soon</span>' in shown
        assert "expires on" in shown
