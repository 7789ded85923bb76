"""Admin consent: requested by an admin or through a setup link, and the response explained."""

from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests
import sqlalchemy as sa
import time_machine
from werkzeug.test import TestResponse

from app.audit.models import AuditEntry
from app.core.database import db
from tests.assertions import audit_entries as entries
from tests.browser import Browser
from tests.cast import Cast
from tests.connections.admin import Admin, contoso_admin, new_connection
from tests.directory import CONTOSO, CONTOSO_CLIENT, FABRIKAM


def consent_url(admin: Admin) -> str:
    """The URL at Microsoft to which the button leads."""
    response = admin.press("consent")
    assert response.status_code == 303, response.status
    return response.headers["Location"]


def decided(address: str, decision: str) -> str:
    """Answers as an administrator of the directory; returns path and query of the redirect."""
    response = requests.post(address, data={"consent": decision}, allow_redirects=False, timeout=10)
    back = urlsplit(response.headers["Location"])
    return f"{back.path}?{back.query}"


def changed(path: str, **values: str | None) -> str:
    """A redirect with other query values."""
    parts = urlsplit(path)
    query = {**dict(parse_qsl(parts.query)), **values}
    return f"{parts.path}?{urlencode({name: value for name, value in query.items() if value is not None})}"


def words(browser: Browser, response: TestResponse) -> str:
    assert response.status_code == 303, response.status
    return unescape(browser.get(response.headers["Location"]).text)


def audit_entries(cast: Cast) -> list[tuple[str, dict[str, Any]]]:
    with cast.app.app_context():
        entries = db.session.scalars(
            sa.select(AuditEntry).where(AuditEntry.event.startswith("consent.")).order_by(AuditEntry.id)
        )
        return [(entry.event, entry.detail) for entry in entries]


def test_admin_grants_consent_for_everyone(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    address = consent_url(admin)
    query = dict(parse_qsl(urlsplit(address).query))
    assert urlsplit(address).path == f"/{CONTOSO}/v2.0/adminconsent"
    assert query["client_id"] == CONTOSO_CLIENT
    assert query["scope"] == "openid profile User.Read"
    response = admin.browser.get(decided(address, "accept"))
    assert response.headers["Location"] == admin.path
    assert "Admin consent granted" in words(admin.browser, response)
    ((event, detail),) = audit_entries(cast)
    assert event == "consent.given"
    assert detail["tenant"] == CONTOSO
    assert "User.Read" in detail["scope"]


def test_declined_consent_is_shown_and_recorded(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    response = admin.browser.get(decided(consent_url(admin), "decline"))
    assert "Consent wasn’t granted. The person declined consent." in words(admin.browser, response)
    ((event, detail),) = audit_entries(cast)
    assert (event, detail["reason"]) == ("consent.refused", "aadsts_65004")


def test_spa_connection_forwards_consent_response(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    admin.save(flow="spa")
    admin.register()
    back = decided(consent_url(admin), "accept")
    assert urlsplit(back).path.endswith("/popup")
    forwarded = admin.browser.get(back).headers["Location"]
    assert "Admin consent granted" in words(admin.browser, admin.browser.get(forwarded))


@pytest.mark.parametrize(
    ("values", "reason", "expected"),
    [
        ({"tenant": FABRIKAM}, "consent_elsewhere", f"a different directory ({FABRIKAM})"),
        ({"tenant": "<b>mine</b>"}, "consent_elsewhere", "a different directory (not named)"),
        ({"tenant": None}, "consent_elsewhere", "a different directory (not named)"),
        ({"scope": "https://graph.microsoft.com/Mail.Read"}, "consent_incomplete", "not for User.Read"),
        ({"admin_consent": "False"}, "consent_withheld", "wasn’t granted"),
        ({"error": "access_denied", "error_description": "<i>no</i>"}, "aadsts_65004", "wasn’t granted"),
    ],
)
def test_consent_response_is_validated(cast: Cast, values: dict[str, str | None], reason: str, expected: str) -> None:
    admin = contoso_admin(cast, cast.alice())
    response = admin.browser.get(changed(decided(consent_url(admin), "accept"), **values))
    page = words(admin.browser, response)
    assert expected in page
    assert "Admin consent granted" not in page
    ((event, detail),) = audit_entries(cast)
    assert (event, detail["reason"]) == ("consent.refused", reason)


def test_consent_response_works_once_and_only_in_the_browser_that_asked(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    back = decided(consent_url(admin), "accept")
    assert cast.browser().get(back).status_code == 400
    assert cast.charlie().get(back).status_code == 400
    assert admin.browser.get(back).status_code == 303
    assert admin.browser.get(back).status_code == 400
    assert [event for event, _ in audit_entries(cast)] == ["consent.given"]


@pytest.mark.parametrize("state", [None, "", "made up", "v1.é"])
def test_consent_response_without_our_state_is_rejected(cast: Cast, state: str | None) -> None:
    admin = contoso_admin(cast, cast.alice())
    back = decided(consent_url(admin), "accept")
    response = admin.browser.get(changed(back, state=state))
    assert response.status_code == 400
    assert "from the login page, in this browser" in response.text
    assert audit_entries(cast) == []


def test_consent_response_for_another_connection_is_rejected(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    back = decided(consent_url(admin), "accept").replace(cast.contoso_connection, cast.fabrikam_connection)
    response = admin.browser.get(back)
    assert response.status_code == 400
    assert str(entries(cast.app, "sign_in.refused")[-1].reference) in response.text


def test_consent_response_after_an_hour_is_rejected(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    back = decided(consent_url(admin), "accept")
    with time_machine.travel(3700 + __import__("time").time()):
        assert admin.browser.get(back).status_code == 400


def test_consent_needs_both_ids(cast: Cast) -> None:
    admin = new_connection(cast, cast.alice())
    assert "Grant admin consent" not in admin.browser.get(admin.path).text
    assert admin.press("consent").status_code == 400


def test_outsiders_and_members_cannot_request_consent(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    assert cast.charlie().post_form(f"{admin.path}/consent", page="/account").status_code == 404
    assert cast.bob().post_form(f"{admin.path}/consent", page="/account").status_code == 403
