"""What people and admins read for each of Microsoft's errors: every drill of the sandbox in both flows, as a table in
the docs.

`WRITE_DOCS=1 make test PYTEST_ARGS=tests/connections/test_drill_table.py` rewrites the table.
"""

import html
import json
import os
import re
import tomllib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from werkzeug.test import TestResponse

from tests.browser import BUTTON, CSRF
from tests.cast import ALICE, Cast
from tests.connections.admin import Admin, contoso_admin
from tests.directory import CONTOSO
from tests.spa import Page, open_page, redeem

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "when-microsoft-says-no.md"
DRILLS = tomllib.loads((ROOT / "sandbox" / "drills.toml").read_text())
CODES = {name: row["code"] for name, row in DRILLS.items() if "code" in row and "refresh" not in row["stages"]}
OWN_PAGE = "(Microsoft's own page, with the number)"
HEAD = """# When Microsoft says no

What a person and an admin read for each error that the sandbox directory simulates. A test triggers every one in both
flows and compares what it finds with this table. Microsoft shows some errors on its own page and never sends them back;
the admin then enters the AADSTS code on the page of the test sign-in and reads the same advice.

| drill | number | flow | the person reads | the admin reads |
|---|---|---|---|---|
"""


class Read(NamedTuple):
    person: str
    admin: str


def _text(pattern: str, page: str) -> str:
    found = re.search(pattern, page, re.DOTALL)
    assert found, f"nothing like {pattern} on the page"
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", found[1])).split())


def _pick(url: str) -> requests.Response:
    with requests.Session() as window:
        fields = {"account": ALICE.oid}
        return window.post(url, data=fields, allow_redirects=False, timeout=10)


def _server_person(cast: Cast) -> str:
    browser = cast.browser()
    page = browser.get("/login/contoso").text
    csrf, action = CSRF.search(page), BUTTON.search(page)
    assert csrf
    assert action
    response = browser.post(action[1], data={"csrf_token": csrf[1]})
    if response.status_code == 303:
        picked = _pick(response.headers["Location"])
        if not picked.is_redirect:
            return OWN_PAGE
        back = urlsplit(picked.headers["Location"])
        response = browser.get(f"{back.path}?{back.query}")
    title = _text(r"<h1>(.*?)</h1>", response.text)
    return f"{title}. " + _text(r'</div>\s*<p>(.*?)</p>\s*<p class="muted">Who', response.text)


def _server_admin(admin: Admin, code: int) -> str:
    response = admin.press("test/start")
    if not response.headers["Location"].startswith(admin.path):
        picked = _pick(response.headers["Location"])
        if not picked.is_redirect:
            return _looked_up(admin, code)
        back = urlsplit(picked.headers["Location"])
        admin.browser.get(f"{back.path}?{back.query}")
    return _report(admin)


def _looked_up(admin: Admin, code: int) -> str:
    page = admin.browser.get(f"{admin.path}/test?aadsts=AADSTS{code}").text
    return _text(r'class="panel lookup".*?class="alert alert-warning".*?<p>(.*?)</p>', page)


def _report(admin: Admin) -> str:
    page = admin.browser.get(f"{admin.path}/test").text
    step = _text(r'step-failed">.*?class="line-title">(.*?)</span', page)
    return f"{step}: " + _text(r'class="alert alert-danger".*?</strong>(.*?)<span', page)


def _on_page(page: Page) -> TestResponse | None:
    """What the script would do; None if Microsoft shows the error on its own page."""
    metadata = json.loads(page.settings["authorityMetadata"])
    picked = _pick(f"{metadata['authorization_endpoint']}?{page.authorize_query()}")
    if not picked.is_redirect:
        return None
    response = {name: values[0] for name, values in parse_qs(urlsplit(picked.headers["Location"]).fragment).items()}
    if "code" in response:
        response = redeem(page, response["code"])
    if "error" in response:
        return page.post_tokens({"error": response["error"], "error_description": response["error_description"]})
    tokens = {name: response[name] for name in ("id_token", "access_token")}
    return page.post_tokens({**tokens, "nonce": page.settings["nonce"], "next": "/"})


def _spa_person(cast: Cast) -> str:
    response = _on_page(open_page(cast.browser(), "contoso"))
    if response is None:
        return OWN_PAGE
    assert response.json
    return f"{response.json['title']}. {response.json['person']}"


def _spa_admin(admin: Admin, code: int) -> str:
    response = _on_page(open_page(admin.browser, path=f"{admin.path}/test"))
    return _looked_up(admin, code) if response is None else _report(admin)


def _read(cast: Cast, name: str, person: Callable[[Cast], str], admin: Callable[[], str]) -> Read:
    cast.directory.clear_drills()
    cast.directory.drill(name)
    read_by_person = person(cast)
    cast.directory.clear_drills()
    cast.directory.drill(name)
    return Read(read_by_person, admin())


@pytest.fixture
def admin(cast: Cast) -> Admin:
    if cast.app.config["SQLALCHEMY_DATABASE_URI"].startswith("postgresql"):
        pytest.skip("the texts are the same on every database")
    return contoso_admin(cast, cast.alice())


@pytest.mark.timeout(600)
def test_every_drill_is_explained_in_both_flows_and_docs(cast: Cast, admin: Admin) -> None:
    read: dict[tuple[str, str], Read] = {}
    for name, code in CODES.items():
        read[name, "server"] = _read(cast, name, _server_person, partial(_server_admin, admin, code))
    cast.directory.clear_drills()
    admin.save(flow="spa")
    cast.switch(CONTOSO, "spa")
    for name, code in CODES.items():
        read[name, "spa"] = _read(cast, name, _spa_person, partial(_spa_admin, admin, code))
    lines = []
    for (name, flow), (person, words) in sorted(read.items()):
        assert not re.search(r"AADSTS\d", person), f"{name}: a bare number for a person"
        assert len(words) > 20, f"{name}: no text for the admin"
        lines.append(f"| {DRILLS[name]['title']} | {CODES[name]} | {flow} | {person} | {words} |")
    table = HEAD + "\n".join(lines) + "\n"
    if os.environ.get("WRITE_DOCS"):
        TABLE.write_text(table)
    assert TABLE.read_text() == table
