"""Admin consent: asked for by an admin or through a set-up link, and what came back in plain words."""

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
from tests.assertions import history as entries
from tests.browser import Browser
from tests.cast import Cast
from tests.connections.admin import Admin, contosos, new_connection
from tests.directory import CONTOSO, CONTOSO_CLIENT, FABRIKAM


def asked(admin: Admin) -> str:
    """The address at Microsoft that the button leads to."""
    answer = admin.press("consent")
    assert answer.status_code == 303, answer.status
    return answer.headers["Location"]


def decided(address: str, decision: str) -> str:
    """What an administrator of the directory answers; path and query of the way back."""
    answer = requests.post(address, data={"consent": decision}, allow_redirects=False, timeout=10)
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def changed(path: str, **values: str | None) -> str:
    """A way back with other values in it."""
    parts = urlsplit(path)
    query = {**dict(parse_qsl(parts.query)), **values}
    return f"{parts.path}?{urlencode({name: value for name, value in query.items() if value is not None})}"


def words(browser: Browser, answer: TestResponse) -> str:
    assert answer.status_code == 303, answer.status
    return unescape(browser.get(answer.headers["Location"]).text)


def history(cast: Cast) -> list[tuple[str, dict[str, Any]]]:
    with cast.app.app_context():
        entries = db.session.scalars(
            sa.select(AuditEntry).where(AuditEntry.event.startswith("consent.")).order_by(AuditEntry.id)
        )
        return [(entry.event, entry.detail) for entry in entries]


def test_an_admin_gives_consent_for_everybody(cast: Cast) -> None:
    admin = contosos(cast, cast.alice())
    address = asked(admin)
    query = dict(parse_qsl(urlsplit(address).query))
    assert urlsplit(address).path == f"/{CONTOSO}/v2.0/adminconsent"
    assert query["client_id"] == CONTOSO_CLIENT
    assert query["scope"] == "openid profile User.Read"
    answer = admin.browser.get(decided(address, "accept"))
    assert answer.headers["Location"] == admin.path
    assert "Admin consent granted" in words(admin.browser, answer)
    ((event, detail),) = history(cast)
    assert event == "consent.given"
    assert detail["tenant"] == CONTOSO
    assert "User.Read" in detail["scope"]


def test_a_declined_consent_is_told_and_noted(cast: Cast) -> None:
    admin = contosos(cast, cast.alice())
    answer = admin.browser.get(decided(asked(admin), "decline"))
    assert "Consent was not given. The person declined consent." in words(admin.browser, answer)
    ((event, detail),) = history(cast)
    assert (event, detail["reason"]) == ("consent.refused", "aadsts_65004")


def test_on_a_single_page_connection_the_answer_is_handed_on(cast: Cast) -> None:
    admin = contosos(cast, cast.alice())
    admin.save(flow="spa")
    admin.register()
    back = decided(asked(admin), "accept")
    assert urlsplit(back).path.endswith("/popup")
    handed = admin.browser.get(back).headers["Location"]
    assert "Admin consent granted" in words(admin.browser, admin.browser.get(handed))


@pytest.mark.parametrize(
    ("values", "reason", "said"),
    [
        ({"tenant": FABRIKAM}, "consent_elsewhere", f"a different directory ({FABRIKAM})"),
        ({"tenant": "<b>mine</b>"}, "consent_elsewhere", "a different directory (not named)"),
        ({"tenant": None}, "consent_elsewhere", "a different directory (not named)"),
        ({"scope": "https://graph.microsoft.com/Mail.Read"}, "consent_incomplete", "not for User.Read"),
        ({"admin_consent": "False"}, "consent_withheld", "wasn’t granted"),
        ({"error": "access_denied", "error_description": "<i>no</i>"}, "aadsts_65004", "wasn’t granted"),
    ],
)
def test_what_came_back_is_read_closely(cast: Cast, values: dict[str, str | None], reason: str, said: str) -> None:
    admin = contosos(cast, cast.alice())
    answer = admin.browser.get(changed(decided(asked(admin), "accept"), **values))
    page = words(admin.browser, answer)
    assert said in page
    assert "Admin consent granted" not in page
    ((event, detail),) = history(cast)
    assert (event, detail["reason"]) == ("consent.refused", reason)


def test_an_answer_counts_once_and_in_the_browser_that_asked(cast: Cast) -> None:
    admin = contosos(cast, cast.alice())
    back = decided(asked(admin), "accept")
    assert cast.browser().get(back).status_code == 400
    assert cast.charlie().get(back).status_code == 400
    assert admin.browser.get(back).status_code == 303
    assert admin.browser.get(back).status_code == 400
    assert [event for event, _ in history(cast)] == ["consent.given"]


@pytest.mark.parametrize("state", [None, "", "made up", "v1.é"])
def test_an_answer_without_our_state_is_refused(cast: Cast, state: str | None) -> None:
    admin = contosos(cast, cast.alice())
    back = decided(asked(admin), "accept")
    answer = admin.browser.get(changed(back, state=state))
    assert answer.status_code == 400
    assert "from the login page, in this browser" in answer.text
    assert history(cast) == []


def test_an_answer_for_one_connection_counts_for_no_other(cast: Cast) -> None:
    admin = contosos(cast, cast.alice())
    back = decided(asked(admin), "accept").replace(cast.contoso_connection, cast.fabrikam_connection)
    answer = admin.browser.get(back)
    assert answer.status_code == 400
    assert str(entries(cast.app, "sign_in.refused")[-1].reference) in answer.text


def test_an_answer_after_an_hour_is_too_late(cast: Cast) -> None:
    admin = contosos(cast, cast.alice())
    back = decided(asked(admin), "accept")
    with time_machine.travel(3700 + __import__("time").time()):
        assert admin.browser.get(back).status_code == 400


def test_consent_needs_both_ids(cast: Cast) -> None:
    admin = new_connection(cast, cast.alice())
    assert "Grant admin consent" not in admin.browser.get(admin.path).text
    assert admin.press("consent").status_code == 400


def test_outsiders_and_members_ask_for_nothing(cast: Cast) -> None:
    admin = contosos(cast, cast.alice())
    assert cast.charlie().post_form(f"{admin.path}/consent", page="/account").status_code == 404
    assert cast.bob().post_form(f"{admin.path}/consent", page="/account").status_code == 403
