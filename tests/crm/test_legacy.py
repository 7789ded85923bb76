"""Replacing a stored user name and password with Microsoft sign-in, in place."""

import pytest

from app.cli.companies_file import actions
from app.cli.companies_file.schema import CompaniesFile
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.crm.models import CrmConnection
from tests.cast import Cast
from tests.crm.admin import Admin

PASSWORD = "what an earlier product stored"


def keep(cast: Cast, **changed: str) -> list[str]:
    crm = {"environment": "https://contoso.crm.dynamics.com", "user_name": "svc@contoso.example", "password": PASSWORD}
    company = {"code": "contoso", "name": "Contoso", "note": "Use your Contoso account.", "crm": {**crm, **changed}}
    with cast.app.app_context(), unit_of_work():
        lines = actions.apply(CompaniesFile.model_validate({"companies": [company]}))
    return [line for line in lines if "CRM" in line]


@pytest.fixture
def legacy(admin: Admin) -> Admin:
    assert keep(admin.cast) == ["contoso: stored the CRM’s user name and password until they are replaced"]
    return admin


def test_legacy_connection_is_shown_and_does_not_sync(legacy: Admin) -> None:
    page = legacy.page()
    assert "Update required." in page
    assert "contoso.crm.dynamics.com" in page
    assert "Re-authenticate with Microsoft" in page
    assert PASSWORD not in page
    legacy.press("bring")
    legacy.press("reauthenticate")
    assert legacy.run_worker() == 0


def test_legacy_password_is_encrypted(legacy: Admin) -> None:
    with legacy.cast.app.app_context():
        connection = legacy.connection()
        assert PASSWORD not in str(connection.password_sealed)
        assert connection.password == PASSWORD


def test_legacy_connection_is_replaced_in_place_and_its_password_deleted(legacy: Admin) -> None:
    assert 'value="https://contoso.crm.dynamics.com"' in legacy.browser.get("/crm/connect").text
    with legacy.cast.app.app_context():
        before = legacy.connection().id
    assert legacy.connect().headers["Location"] == "/crm"
    assert "Update required" not in legacy.page()
    with legacy.cast.app.app_context():
        connection = legacy.connection()
        assert connection.id == before
        assert (connection.kind, connection.user_name, connection.password_sealed) == ("delegated", None, None)


def test_failed_replacement_keeps_legacy_connection(legacy: Admin) -> None:
    assert legacy.connect(secret="a wrong one").status_code == 422
    assert "Update required." in legacy.page()
    with legacy.cast.app.app_context():
        assert legacy.connection().password == PASSWORD


def test_applying_file_again_reports_nothing_and_keeps_new_connection(legacy: Admin) -> None:
    assert keep(legacy.cast) == []
    legacy.connect()
    assert keep(legacy.cast) == []
    with legacy.cast.app.app_context():
        assert legacy.connection().kind == "delegated"
        assert db.session.query(CrmConnection).count() == 1
