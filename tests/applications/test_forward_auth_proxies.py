"""The printed configurations, and Traefik by its contract, since it can't be installed here."""

import re
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from app.applications.forward_auth.identity import HEADERS
from app.applications.forward_auth.proxy_check.attacks import forged_names, spelled
from app.applications.forward_auth.proxy_config import FILES, Site, render
from tests.applications.protected import NAVIGATION, Protected, Visit, protect
from tests.browser import Browser
from tests.cast import Cast

HOP_HEADERS = ("Connection", "Keep-Alive", "Te", "Trailers", "Transfer-Encoding", "Upgrade")
"""What Traefik's forwardAuth doesn't send to the check."""
PASSES_ON = {
    "nginx": r"proxy_set_header (X-Portico-\S+)",
    "caddy": r"copy_headers (.+)",
    "traefik": r"- (X-Portico-\S+)",
}


@pytest.fixture
def wiki(cast: Cast) -> Protected:
    return protect(cast.app)


def site(wiki: Protected, **changes: Any) -> Site:
    base_url = "https://login.example"
    values = {"client_id": wiki.client_id, "origin": wiki.origin, "base_url": base_url, "portico": base_url}
    return Site(**(values | changes))


@pytest.mark.parametrize("proxy", FILES)
@pytest.mark.parametrize("passes_preflights", [False, True])
def test_nothing_is_left_to_fill_in(wiki: Protected, proxy: str, passes_preflights: bool) -> None:
    text = render(proxy, site(wiki, passes_preflights=passes_preflights))
    assert not re.search(r"(?<!`)@(?!preflight\b)\w+@", text)
    assert ("preflights have no cookies" in text) is passes_preflights
    assert f"/forward-auth/{wiki.client_id}" in text


@pytest.mark.parametrize("proxy", FILES)
def test_every_header_is_passed_on(wiki: Protected, proxy: str) -> None:
    text = render(proxy, site(wiki))
    line = {
        "nginx": r"proxy_set_header (X-Portico-\S+)",
        "caddy": r"copy_headers (.+)",
        "traefik": r"- (X-Portico-\S+)",
    }
    named = {name for names in re.findall(line[proxy], text) for name in names.split()} - {"Cookie"}
    assert named == {*HEADERS}


def test_certificate_is_verified_if_there_is_one(wiki: Protected) -> None:
    assert "proxy_ssl_verify on" in render("nginx", site(wiki))
    private = render("nginx", site(wiki, portico="http://10.0.0.2:8000"))
    assert "proxy_ssl" not in private
    assert "proxy_pass http://10.0.0.2:8000/forward-auth/" in private
    assert "proxy_set_header Host login.example;" in private


class Traefik:
    """What Traefik's headers and forwardAuth middlewares do with a request, by their documentation and source."""

    def __init__(self, wiki: Protected) -> None:
        self.wiki = wiki
        self.text = render("traefik", site(wiki))
        http = yaml.safe_load(self.text)["http"]
        self.strip = http["middlewares"][f"{wiki.client_id}-strip"]["headers"]["customRequestHeaders"]
        self.check = http["middlewares"][f"{wiki.client_id}-check"]["forwardAuth"]
        self.routers = http["routers"]

    def ask(self, browser: Browser, method: str, uri: str, headers: dict[str, str]) -> tuple[int, dict[str, str]]:
        """The status, and the headers that the application receives."""
        removed = {name.lower() for name, value in self.strip.items() if value == ""}
        passed = {name: value for name, value in headers.items() if name.lower() not in removed}
        asked = {name: value for name, value in passed.items() if name not in HOP_HEADERS}
        asked |= {
            "X-Forwarded-Method": method,
            "X-Forwarded-Proto": "https",
            "X-Forwarded-Host": self.wiki.origin.removeprefix("https://"),
            "X-Forwarded-Uri": uri,
            "X-Forwarded-For": "192.0.2.1",
        }
        path = self.check["address"].removeprefix("https://login.example")
        # The cookies are the application's host's; Traefik asks at Portico's.
        response = browser.get(path, base_url=self.wiki.origin, headers=asked)
        if not 200 <= response.status_code < 300:
            return response.status_code, {}
        for name in self.check["authResponseHeaders"]:
            passed = {known: value for known, value in passed.items() if known.lower() != name.lower()}
            if name in response.headers:
                passed[name] = response.headers[name]
        return response.status_code, passed


def test_traefik_passes_identity_but_no_forged_header(cast: Cast, wiki: Protected) -> None:
    visit: Visit = wiki.sign_in(cast.alice())
    forged = dict((*spelled("-"), *spelled("_"), *spelled(".")))
    status, received = Traefik(wiki).ask(visit.browser, "POST", "/a", {**NAVIGATION, **forged})
    assert status == 204
    assert forged_names(list(received.items())) == []
    assert received["X-Portico-Org-Code"] == "contoso"
    assert received["Cookie"] == ""


def test_traefik_answers_signed_out_visitors(cast: Cast, wiki: Protected) -> None:
    traefik = Traefik(wiki)
    assert traefik.check["trustForwardHeader"] is False
    for method, headers in (
        ("GET", NAVIGATION),
        ("POST", {}),
        ("GET", {"Upgrade": "websocket", "Connection": "Upgrade"}),
    ):
        assert traefik.ask(cast.browser(), method, "/a", headers)[0] == 401
    assert traefik.routers[wiki.client_id]["middlewares"] == [f"{wiki.client_id}-strip", f"{wiki.client_id}-check"]
    own = traefik.routers[f"{wiki.client_id}-sign-in"]
    assert f"PathPrefix(`/.portico/{wiki.client_id}/`)" in own["rule"]
    assert own["priority"] > traefik.routers[wiki.client_id]["priority"]


def test_confusable_headers_are_found() -> None:
    mark = dict(spelled("-"))["X-Portico-Sub"]
    received = [("X_portico.SUB", mark), ("X-Portico-Sub", "right"), ("X-Other", mark)]
    assert forged_names(received) == ["X_portico.SUB"]
