"""Routes that the application does not start with."""

import pytest
from flask import Flask

from app.http.access import Access, Route, RouteError, register
from app.login.page import views


def test_a_route_that_is_marked_and_named_after_its_view_is_added() -> None:
    app = Flask(__name__, static_folder=None)
    register(app, (Route("/login", "login.page.find", views.find, Access.PUBLIC),))
    assert [rule.endpoint for rule in app.url_map.iter_rules()] == ["login.page.find"]


@pytest.mark.parametrize("mark", [None, True, "anybody", "PUBLIC"])
def test_a_route_without_an_access_mark_stops_the_start(mark: object) -> None:
    route = Route("/login", "login.page.find", views.find, mark)  # type: ignore[arg-type] # the fault itself
    with pytest.raises(RouteError, match=r"/login: .* is no access mark"):
        register(Flask(__name__, static_folder=None), (route,))


@pytest.mark.parametrize("endpoint", ["find", "login.find", "login.page.show", "login.page.views.find"])
def test_an_endpoint_that_is_not_named_after_its_view_stops_the_start(endpoint: str) -> None:
    with pytest.raises(RouteError, match=r"the endpoint is .*, the view 'login\.page\.find'"):
        register(Flask(__name__, static_folder=None), (Route("/login", endpoint, views.find, Access.PUBLIC),))


def test_a_route_that_is_added_past_the_page_of_addresses_stops_the_start() -> None:
    app = Flask(__name__, static_folder=None)
    app.add_url_rule("/hidden", "hidden", lambda: "hidden")
    with pytest.raises(RouteError, match="/hidden: no line"):
        register(app, (Route("/login", "login.page.find", views.find, Access.PUBLIC),))


def test_a_route_that_is_added_after_the_start_opens_to_no_one() -> None:
    app = Flask(__name__, static_folder=None)
    register(app, (Route("/login", "login.page.find", views.find, Access.PUBLIC),))
    app.add_url_rule("/hidden", "hidden", lambda: "hidden")
    assert app.test_client().get("/hidden").status_code == 500
