"""The credentials of an app registration, independent of its use."""

from collections.abc import Iterator
from datetime import date
from uuid import UUID

import pytest
import sqlalchemy as sa

from app.connections.models import Connection
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.entra.oauth import Assertion, Certificate, Secret
from app.entra_apps import actions
from app.entra_apps.certificates import Federation
from app.entra_apps.client_credential import (
    NewCredential,
    client_credential,
    generated_certificate,
    generated_federated,
)
from app.entra_apps.models import ClientCredential, CredentialKind, EntraApp
from tests.cast import Cast

FEDERATION = Federation("https://app.example.com/issuer", "subject", "audience")
SOON = date(2026, 12, 24)


@pytest.fixture
def entra_app(cast: Cast) -> Iterator[EntraApp]:
    """One of Contoso's, in addition to the connections' own."""
    with cast.app.app_context(), unit_of_work():
        company_id = db.session.scalars(
            sa.select(Connection.company_id).where(Connection.title == "Contoso staff")
        ).one()
        made = EntraApp(company_id=company_id)
        db.session.add(made)
        db.session.flush()
        yield made


def secret(value: str, expires: date | None = None) -> NewCredential:
    return NewCredential(CredentialKind.SECRET, value, expires=expires)


def stored(entra_app: EntraApp) -> list[str | None]:
    query = sa.select(ClientCredential).where(ClientCredential.entra_app_id == entra_app.id)
    return [one.secret for one in db.session.scalars(query.order_by(ClientCredential.id))]


def fabrikam() -> UUID:
    return db.session.scalars(sa.select(Connection.company_id).where(Connection.title != "Contoso staff")).one()


def test_new_credential_comes_last(entra_app: EntraApp) -> None:
    for value in ("first", "second"):
        actions.add_credential(entra_app, secret(value))
    assert stored(entra_app) == ["first", "second"]
    assert [one.secret for one in entra_app.credentials] == ["first", "second"]


def test_removed_credential_is_deleted(entra_app: EntraApp) -> None:
    first = actions.add_credential(entra_app, secret("first"))
    actions.add_credential(entra_app, secret("second"))
    actions.remove_credential(first)
    assert stored(entra_app) == ["second"]


def test_replacing_removes_all_others(entra_app: EntraApp) -> None:
    for value in ("first", "second"):
        actions.add_credential(entra_app, secret(value))
    actions.replace_credentials(entra_app, secret("third"))
    assert stored(entra_app) == ["third"]
    actions.replace_credentials(entra_app, None)
    assert stored(entra_app) == []


@pytest.mark.parametrize(("expires", "warned"), [(SOON, 30), (date(2027, 1, 1), None)])
def test_replacement_resets_warnings_only_for_another_expiry_date(
    entra_app: EntraApp, expires: date, warned: int | None
) -> None:
    actions.add_credential(entra_app, secret("first", SOON)).warned = 30
    actions.replace_credentials(entra_app, secret("second", expires))
    assert [one.warned for one in entra_app.credentials] == [warned]


def test_moved_credentials_belong_to_the_other_application_only(entra_app: EntraApp) -> None:
    other = EntraApp(company_id=entra_app.company_id)
    db.session.add(other)
    actions.add_credential(other, secret("first"))
    actions.add_credential(entra_app, secret("second"))
    actions.move_credentials(entra_app, other)
    assert (stored(entra_app), stored(other)) == ([], ["first", "second"])


def test_marks_are_set_once_and_cleared_on_acceptance(entra_app: EntraApp) -> None:
    one, company_id = actions.add_credential(entra_app, secret("first")), entra_app.company_id
    assert actions.mark_refused(company_id, one.id) is one
    assert actions.mark_refused(company_id, one.id) is None
    assert actions.mark_unreadable(company_id, one.id) is one
    assert actions.mark_unreadable(company_id, one.id) is None
    assert actions.mark_accepted(company_id, one.id)
    assert (one.refused_at, one.unreadable_at) == (None, None)
    assert not actions.mark_accepted(company_id, one.id)


def test_credential_of_another_company_is_never_marked(entra_app: EntraApp) -> None:
    one = actions.add_credential(entra_app, secret("first"))
    assert actions.mark_refused(fabrikam(), one.id) is None
    assert actions.mark_unreadable(fabrikam(), one.id) is None
    assert (one.refused_at, one.unreadable_at) == (None, None)


def test_warning_and_notification_are_claimed_once(entra_app: EntraApp) -> None:
    one = actions.add_credential(entra_app, secret("first", SOON))
    assert [actions.claim_warning(one.id, stage) for stage in (30, 30, 60, 7)] == [True, False, False, True]
    assert [actions.claim_refusal(one.id) for _ in range(2)] == [True, False]


def test_each_kind_is_presented_in_its_form(entra_app: EntraApp) -> None:
    for new, form in (
        (secret("value"), Secret),
        (generated_certificate("Portico"), Certificate),
        (generated_federated(), Assertion),
    ):
        assert isinstance(client_credential(new, FEDERATION), form)
        assert isinstance(client_credential(actions.add_credential(entra_app, new), FEDERATION), form)
