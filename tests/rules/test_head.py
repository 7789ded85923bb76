"""HEAD requests, which clients use to probe URLs, never change anything."""

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.exceptions import MethodNotAllowed

from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.people.models import Person
from tests.assertions import rows, written
from tests.browser import pick
from tests.cast import ALICE, Cast
from tests.rules.conftest import Everyone, routes


def test_head_works_like_get_and_is_rejected_where_get_acts(everyone: Everyone, app: Flask) -> None:
    before = rows(app)
    for browser in (everyone.anonymous, everyone.alice):
        for route in routes("GET"):
            path = everyone.addresses.path(route)
            response = browser.head(path)
            assert response.text == "", route.rule
            if route.acts:
                assert response.status_code == 405, route.rule
            else:
                assert response.status_code in (200, 302, 303, 400, 401, 403, 404, 503), (route.rule, response.status)
    assert written(before, rows(app)) == {}


def test_every_get_that_writes_is_marked(everyone: Everyone, app: Flask) -> None:
    """A GET without a mark writes nothing, except that a setup link was opened."""
    for route in routes("GET"):
        before = rows(app)
        everyone.alice.get(everyone.addresses.path(route))
        assert route.acts or written(before, rows(app)) == {}, route.rule


def test_head_at_the_callback_signs_no_one_in_and_keeps_the_code(cast: Cast) -> None:
    browser = cast.browser()
    back = pick(cast.directory, browser.begin("contoso"), ALICE)
    before = rows(cast.app)
    assert browser.head(back).status_code == 405
    assert written(before, rows(cast.app)) == {}
    assert browser.get("/account").status_code == 302
    assert browser.get(back).status_code == 303
    assert browser.get("/account").status_code == 200


def test_head_request_writes_nothing_in_any_view(cast: Cast) -> None:
    """If a view that writes isn't marked, its unit of work is rejected."""

    @unit_of_work()
    def writes() -> str:
        db.session.execute(sa.update(Person).values(title="written"))
        return "written"

    with cast.app.test_request_context("/anything", method="HEAD"), pytest.raises(MethodNotAllowed):
        writes()
    with cast.app.test_request_context("/anything", method="GET"):
        assert writes() == "written"
