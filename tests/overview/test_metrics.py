"""`/metrics`: its contents, and who may read it."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.database import db, now
from app.core.unit_of_work import unit_of_work
from app.entra_apps.models import ClientCredential
from app.http.rate_limits import WRONG_PASSWORDS_LIMIT, limiter
from app.people.profile import sync_profile
from tests.browser import Browser
from tests.cast import ALICE, Cast
from tests.directory import CONTOSO_SECRET


def value(browser: Browser, line: str) -> float:
    """The value of a metric; 0 if it doesn't exist yet."""
    found = re.search(rf"^{re.escape(line)} (\S+)$", browser.get("/metrics").text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_sign_ins_are_counted_by_result_and_reason(cast: Cast) -> None:
    browser = cast.browser()
    admitted = 'portico_sign_ins_total{reason="",result="admitted"}'
    refused = 'portico_sign_ins_total{reason="aadsts_53003",result="refused"}'
    before = value(browser, admitted), value(browser, refused)
    cast.bob()
    cast.directory.drill("conditional_access", at="redirect", times=1)
    cast.browser().sign_in_as(ALICE, "contoso", cast.directory)
    assert (value(browser, admitted), value(browser, refused)) == (before[0] + 1, before[1] + 1)


def test_requests_to_microsoft_are_timed_by_endpoint(cast: Cast) -> None:
    line = f'portico_upstream_seconds_count{{endpoint="localhost:{cast.directory.port}/token",status="200"}}'
    before = value(cast.browser(), line)
    cast.bob()
    assert value(cast.browser(), line) == before + 1


def test_queue_reports_length_and_oldest_task(cast: Cast, app: Flask) -> None:
    app.extensions["queue"].flush()
    with app.app_context():
        sync_profile.enqueue(company_id="x", person_id="y", sealed_token="z")
        sync_profile.enqueue(company_id="x", person_id="y", sealed_token="z")
    assert value(cast.browser(), "portico_queue_tasks") == 2
    assert 0 < value(cast.browser(), "portico_queue_oldest_seconds") < 60


def test_expiring_credentials_are_counted(cast: Cast) -> None:
    with cast.app.app_context(), unit_of_work():
        credential = db.session.scalars(sa.select(ClientCredential).limit(1)).one()
        credential.expires = now().date() + timedelta(days=6)
    assert value(cast.browser(), 'portico_credentials_ending{days="7"}') == 1
    assert value(cast.browser(), 'portico_credentials_ending{days="1"}') == 0
    assert value(cast.browser(), "portico_credential_days_left") == 6


def test_unshared_limits_are_reported_and_still_enforced(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limiter, "__dict__", dict(vars(limiter)))
    limiter.init_app("redis://127.0.0.1:1/0")
    before = value(cast.browser(), "portico_limits_alone_total")
    most = WRONG_PASSWORDS_LIMIT.most
    browser = cast.browser()
    page = {"page": "/login/contoso", "email": "owner@contoso.example", "password": "a wrong password"}
    statuses = [browser.post_form("/login/contoso/password", **page).status_code for _ in range(most + 1)]
    assert statuses == [422] * most + [429]
    assert value(browser, "portico_limits_alone_total") > before


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("8.8.8.8", {}),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.7"}),
        ("127.0.0.1", {"X-Forwarded-For": "10.0.0.1"}),
        ("10.0.0.1", {"Forwarded": "for=10.0.0.2"}),
    ],
)
def test_metrics_are_hidden_from_public_addresses(cast: Cast, address: str, headers: dict[str, str]) -> None:
    response = cast.browser().get("/metrics", headers=headers, environ_overrides={"REMOTE_ADDR": address})
    assert response.status_code == 404


def test_metrics_are_visible_in_private_network(cast: Cast) -> None:
    response = cast.browser().get("/metrics", environ_overrides={"REMOTE_ADDR": "10.1.2.3"})
    assert response.status_code == 200
    assert CONTOSO_SECRET not in response.text
