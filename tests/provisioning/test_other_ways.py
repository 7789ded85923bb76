"""Roles by groups where the browser sends the tokens, and where an account is linked first."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.provisioning.roles import sync
from app.provisioning.roles.models import DirectorySnapshot
from tests.accounts import PASSWORD, account, company_of
from tests.assertions import json_of
from tests.cast import ALICE, BOB, Cast
from tests.directory import CONTOSO
from tests.provisioning.mapped import ENGINEERING, Mapped
from tests.spa import open_page


def posted(mapped: Mapped, **changes: Any) -> Any:
    """Bob's tokens of the pop-up, with changes; None leaves one out."""
    mapped.cast.switch(CONTOSO, "spa")
    page = open_page(mapped.cast.browser(), "contoso")
    tokens = {**page.tokens(mapped.cast.directory, BOB), **changes}
    return page.post_tokens({name: value for name, value in tokens.items() if value is not None})


def tokens_of_alice(mapped: Mapped) -> str:
    page = open_page(mapped.cast.browser(), "contoso")
    token: str = page.tokens(mapped.cast.directory, ALICE)["access_token"]
    return token


def test_popup_gives_roles(mapped: Mapped) -> None:
    mapped.map_app_role("reader")
    assert posted(mapped).status_code == 200
    assert mapped.roles_of() == ["reader"]


def test_popup_resolves_overage_with_its_access_token(mapped: Mapped) -> None:
    mapped.map_group("editor")
    mapped.put_in(ENGINEERING, BOB)
    mapped.give_many_groups()
    assert posted(mapped).status_code == 200
    assert mapped.roles_of() == ["editor"]


@pytest.mark.parametrize("kind", ["missing", "of another person", "of another issuer"])
def test_popup_without_the_persons_own_access_token_is_refused(mapped: Mapped, kind: str) -> None:
    """With a colleague's token Bob would get her roles."""
    mapped.map_group("editor")
    mapped.put_in(ENGINEERING, ALICE)
    mapped.give_many_groups()
    mapped.sign_in()
    mapped.cast.switch(CONTOSO, "spa")
    token = {"missing": None, "of another person": tokens_of_alice(mapped), "of another issuer": "a.b.c"}[kind]
    response = posted(mapped, access_token=token)
    assert (response.status_code, json_of(response)["error"]) == (403, "groups_unread")
    assert mapped.roles_of() == []


def test_token_without_overage_needs_no_access_token(mapped: Mapped) -> None:
    mapped.map_app_role("reader")
    assert posted(mapped, access_token=None).status_code == 200
    assert mapped.roles_of() == ["reader"]


ADAEZE = "adaeze.okonkwo@contoso.example"


def offered(cast: Cast) -> Any:
    """Alice is asked whether an account with her address is hers."""
    account(cast.app, company_of(cast.app), ADAEZE, "Adaeze from before")
    browser = cast.browser()
    assert browser.sign_in_as(ALICE, "contoso", cast.directory).location == "/auth/joining"
    return browser


@pytest.mark.parametrize("groups", [1, 201], ids=["listed", "too many"])
def test_linked_account_has_the_roles_at_once(mapped: Mapped, groups: int) -> None:
    mapped.map_group("editor")
    mapped.put_in(ENGINEERING, ALICE)
    mapped.give_many_groups(ALICE, groups)
    browser = offered(mapped.cast)
    response = browser.post_form("/auth/joining/password", page="/auth/joining", password=PASSWORD)
    assert response.status_code == 303
    assert mapped.roles_of(ALICE) == ["editor"]


def test_new_account_has_the_roles_at_once(mapped: Mapped) -> None:
    mapped.map_group(None)
    mapped.put_in(ENGINEERING, ALICE)
    browser = offered(mapped.cast)
    response = browser.post_form("/auth/joining/new", page="/auth/joining")
    assert (response.status_code, response.location) == (303, "/home")
    assert mapped.role_of(ALICE) == "admin"


def test_what_waits_for_an_account_is_deleted_when_no_one_links_it(mapped: Mapped) -> None:
    mapped.map_group("editor")
    offered(mapped.cast)
    with mapped.cast.app.app_context():
        sync.purge_pending()
        waiting = db.session.scalars(sa.select(DirectorySnapshot)).one()
        with unit_of_work():
            waiting.read_at -= timedelta(hours=1)
        sync.purge_pending()
        assert db.session.scalars(sa.select(DirectorySnapshot)).all() == []
