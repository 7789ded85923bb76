"""Routes that prevent the application from starting."""

import pytest
from flask import Flask

from app.http.access import Access, Route, RouteError, register
from app.login.page import views


def test_marked_route_named_after_its_view_is_added() -> None:
    app = Flask(__name__, static_folder=None)
    register(app, (Route("/login", "login.page.find", views.find, Access.PUBLIC),))
    assert [rule.endpoint for rule in app.url_map.iter_rules()] == ["login.page.find"]


@pytest.mark.parametrize("mark", [None, True, "anyone", "PUBLIC"])
def test_route_without_access_mark_prevents_startup(mark: object) -> None:
    route = Route("/login", "login.page.find", views.find, mark)  # type: ignore[arg-type] # the fault itself
    with pytest.raises(RouteError, match=r"/login: .* is no access mark"):
        register(Flask(__name__, static_folder=None), (route,))


@pytest.mark.parametrize("endpoint", ["find", "login.find", "login.page.show", "login.page.views.find"])
def test_endpoint_not_named_after_its_view_prevents_startup(endpoint: str) -> None:
    with pytest.raises(RouteError, match=r"the endpoint is .*, the view 'login\.page\.find'"):
        register(Flask(__name__, static_folder=None), (Route("/login", endpoint, views.find, Access.PUBLIC),))


def test_route_missing_from_url_list_prevents_startup() -> None:
    app = Flask(__name__, static_folder=None)
    app.add_url_rule("/hidden", "hidden", lambda: "hidden")
    with pytest.raises(RouteError, match="/hidden: no line"):
        register(app, (Route("/login", "login.page.find", views.find, Access.PUBLIC),))


def test_route_added_after_startup_is_denied() -> None:
    app = Flask(__name__, static_folder=None)
    register(app, (Route("/login", "login.page.find", views.find, Access.PUBLIC),))
    app.add_url_rule("/hidden", "hidden", lambda: "hidden")
    assert app.test_client().get("/hidden").status_code == 500
