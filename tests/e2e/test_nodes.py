"""A sign-in continues after a restart and on another node."""

import re
from collections.abc import Iterator

import pytest
import requests

from tests.browser import BUTTON, CSRF
from tests.cast import ALICE
from tests.e2e.processes import Portico, path_of, stop
from tests.e2e.single_page import on_single_page
from tests.ports import free_port
from tests.spa import open_page


def test_sign_in_survives_restart(portico: Portico) -> None:
    with requests.Session() as browser:
        back = _to_microsoft_and_back(portico, browser)
        portico.restart()
        response = browser.get(back, allow_redirects=False, timeout=30)
        assert (response.status_code, response.headers["Location"]) == (303, "/account")
        assert "Adaeze Okonkwo" in browser.get(f"{portico.base_url}/account", timeout=30).text


@pytest.fixture(scope="module")
def other_port(running: Portico) -> Iterator[int]:
    """The port of a second node. A load balancer would send people to either under one host name."""
    port = free_port()
    node = running.start_node(port)
    yield port
    stop(node)


def test_sign_in_continues_on_another_node(portico: Portico, other_port: int) -> None:
    with requests.Session() as browser:
        back = _to_microsoft_and_back(portico, browser)
        headers = {"Host": f"localhost:{portico.port}"}
        response = browser.get(
            f"http://localhost:{other_port}{path_of(back)}", headers=headers, allow_redirects=False, timeout=30
        )
        assert (response.status_code, response.headers["Location"]) == (303, "/account")
        # The other node's session is valid here too, and the transaction is used up on both.
        assert "Adaeze Okonkwo" in browser.get(f"{portico.base_url}/account", timeout=30).text
        assert browser.get(back, timeout=30).status_code == 400
    assert len(portico.rows("SELECT id FROM session")) == 1


def test_spa_sign_in_continues_on_another_node(portico: Portico, other_port: int) -> None:
    with on_single_page(portico), requests.Session() as browser:
        page = open_page(browser, path=f"{portico.base_url}/login/contoso")
        tokens = page.tokens(portico.directory, ALICE)
        headers = {"Host": f"localhost:{portico.port}", "Origin": portico.base_url, "X-CSRFToken": page.csrf}
        nodes = [f"http://localhost:{port}" for port in (other_port, portico.port)]
        response = browser.post(nodes[0] + page.settings["tokenUrl"], headers=headers, json=tokens, timeout=30)
        assert (response.status_code, response.json()) == (200, {"next": "/account"})
        for node in nodes:
            assert "Adaeze Okonkwo" in browser.get(f"{node}/account", headers=headers, timeout=30).text
            again = browser.post(node + page.settings["tokenUrl"], headers=headers, json=tokens, timeout=30)
            assert (again.status_code, again.json()["error"]) == (401, "attempt_spent")
    assert len(portico.rows("SELECT id FROM session")) == 1


def test_session_survives_restart(portico: Portico) -> None:
    with requests.Session() as browser:
        browser.get(_to_microsoft_and_back(portico, browser), timeout=30)
        portico.restart()
        account = browser.get(f"{portico.base_url}/account", allow_redirects=False, timeout=30)
        assert (account.status_code, "Adaeze Okonkwo" in account.text) == (200, True)


def test_node_answers_only_to_its_own_host_name(portico: Portico) -> None:
    response = requests.get(f"http://127.0.0.1:{portico.port}/login/contoso", timeout=30)
    assert response.status_code == 400
    assert requests.get(f"http://127.0.0.1:{portico.port}/readyz", timeout=30).status_code == 200


def test_logs_contain_no_secret(portico: Portico) -> None:
    with requests.Session() as browser:
        back = _to_microsoft_and_back(portico, browser)
        browser.get(back, timeout=30)
        browser.get(back, timeout=30)
        token = browser.cookies[f"session.{browser.cookies['active']}"]
    code = re.search(r"[?&]code=([^&]+)", back)
    assert code
    logs = "".join(file.read_text() for file in portico.folder.glob("*.log"))
    assert "sign_in_refused" in logs
    for secret in (code[1], token, "eyJ", portico.environment["SECRET_KEY"], portico.environment["ENCRYPTION_KEYS"]):
        assert secret not in logs


def _to_microsoft_and_back(portico: Portico, browser: requests.Session) -> str:
    """Presses the button and picks Alice; returns the URL to which the directory redirects."""
    page = browser.get(f"{portico.base_url}/login/contoso", timeout=30).text
    button, token = BUTTON.search(page), CSRF.search(page)
    assert button
    assert token
    start = browser.post(portico.base_url + button[1], data={"csrf_token": token[1]}, allow_redirects=False, timeout=30)
    picked = requests.post(start.headers["Location"], data={"account": ALICE.oid}, allow_redirects=False, timeout=30)
    assert picked.status_code == 302, picked.text
    return picked.headers["Location"]
