"""Real proxies in front of a real application, with the configuration printed by Portico, over TLS and HTTP/2."""

import hashlib
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page

from app.applications.forward_auth.identity import HEADERS
from tests.application_proxy import PROXIES, Proxy
from tests.cast import ALICE
from tests.directory import Directory
from tests.e2e.over_tls import portico_over_tls
from tests.e2e.processes import BIN, ROOT, Portico, stop, until
from tests.e2e.visits import pick
from tests.ports import free_port
from tests.proxy import AUTHORITY
from tests.upstream import Upstream, start_upstream

pytestmark = pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
FORGED = {
    **dict.fromkeys(HEADERS, "forged"),
    **{name.replace("-", "_"): "forged" for name in HEADERS},
    **{name.replace("-", "."): "forged" for name in HEADERS},
    "x-portico_sub": "forged",
    "X_Portico-Email": "forged",
}
LIES = {
    "X-Original-URL": "/public",
    "X-Rewrite-URL": "/public",
    "X-Forwarded-Uri": "/public",
    "X-Forwarded-Method": "OPTIONS",
    "X-Forwarded-Host": "localhost",
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-Prefix": "/.portico/",
    "Forwarded": "host=localhost",
    "Authorization": "Bearer forged",
    "User-Agent": "kube-probe/1.30",
}
PREFLIGHT = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "PUT"}


@dataclass
class Wiki:
    """The application behind its proxy."""

    portico: Portico
    upstream: Upstream
    client_id: str
    origin: str
    proxy: Proxy
    folder: Path

    def ask(self, method: str, path: str = "/", **options: Any) -> requests.Response:
        # The application's certificate doesn't matter; the proxy verifies Portico's.
        return requests.request(method, self.origin + path, verify=False, allow_redirects=False, timeout=60, **options)  # noqa: S501

    def context(self, browser: Browser) -> BrowserContext:
        opened = browser.new_context(ignore_https_errors=True)
        opened.set_default_timeout(20_000)
        return opened


@dataclass
class Visit:
    """Someone who signed in from the application's page."""

    page: Page
    landed: str
    shown: str
    cookies: dict[str, str]


@pytest.fixture(scope="module")
def running(directory_process: Directory, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portico]:
    with portico_over_tls(directory_process, tmp_path_factory.mktemp("portico")) as portico:
        yield portico


@pytest.fixture(scope="module", params=[*PROXIES])
def wiki(request: pytest.FixtureRequest, running: Portico, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wiki]:
    port = free_port()
    origin = f"https://127.0.0.1:{port}"
    created = running.flask("applications", "create", "Wiki", "--kind", "forward-auth", "--start-url", f"{origin}/")
    (client_id,) = re.findall(r"client ID +(\S+)", created)
    with start_upstream() as upstream:
        proxy, folder = PROXIES[request.param], tmp_path_factory.mktemp("proxy")
        printed = _printed(running, client_id, proxy.name, upstream)
        process = proxy.start(folder, port, printed, running.folder / AUTHORITY)
        yield Wiki(running, upstream, client_id, origin, proxy, folder)
        stop(process)


def _printed(portico: Portico, client_id: str, proxy: str, upstream: Upstream, *options: str) -> str:
    address = f"http://127.0.0.1:{upstream.port}"
    return portico.flask("applications", "proxy-config", client_id, "--proxy", proxy, "--upstream", address, *options)


@pytest.fixture(scope="module")
def visit(wiki: Wiki, browser: Browser) -> Iterator[Visit]:
    context = wiki.context(browser)
    page = context.new_page()
    page.goto(f"{wiki.origin}/page?a=b&c=%C3%BC")
    page.get_by_label("Login code").fill("contoso")
    page.keyboard.press("Enter")
    page.locator(".btn-microsoft").click()
    pick(page, ALICE)
    page.wait_for_url(re.compile(r"/page\?"))
    cookies = {cookie["name"]: cookie["value"] for cookie in context.cookies(wiki.origin)}
    yield Visit(page, page.url, page.content(), cookies)
    context.close()


def received(response: requests.Response) -> dict[str, str]:
    assert response.status_code == 200, response.text
    return {name.lower(): value for name, value in response.json()["headers"]}


def test_person_signs_in_and_returns_to_the_page(wiki: Wiki, visit: Visit) -> None:
    assert visit.landed == f"{wiki.origin}/page?a=b&c=%C3%BC"
    assert "Adaeze%20Okonkwo" in visit.shown
    assert list(visit.cookies) == ["__Host-portico"]
    assert visit.page.evaluate("performance.getEntriesByType('navigation')[0].nextHopProtocol") == "h2"


def test_forged_headers_do_not_reach_the_application_in_any_spelling(wiki: Wiki, visit: Visit) -> None:
    response = wiki.ask("GET", "/", headers={**FORGED, **LIES}, cookies={**visit.cookies, "theme": "dark"})
    assert "forged" not in response.text.replace("Bearer forged", "")
    headers = received(response)
    allowed = {name.lower() for name in HEADERS}
    assert {name for name in headers if re.search("portico", name)} <= allowed
    assert headers["x-portico-name"] == "Adaeze%20Okonkwo"
    assert headers["x-portico-token"].count(".") == 2


def test_portico_cookie_does_not_reach_the_application(wiki: Wiki, visit: Visit) -> None:
    headers = received(wiki.ask("GET", cookies={"a": "1", **visit.cookies, "theme": "dark"}))
    assert sorted(pair.strip() for pair in headers["cookie"].split(";")) == ["a=1", "theme=dark"]
    assert received(wiki.ask("GET", cookies=visit.cookies)).get("cookie", "") == ""


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_passes_without_a_session(wiki: Wiki, method: str) -> None:
    before = len(wiki.upstream.received)
    for headers in ({}, FORGED, LIES, PREFLIGHT, {**FORGED, **LIES, **PREFLIGHT}):
        for path in ("/", "/public", "/.portico/../", "/%2e%2e/", "//", f"/.portico/{wiki.client_id}/../../page"):
            for cookies in ({}, {"__Host-portico": "x" * 43}):
                response = wiki.ask(method, path, headers=headers, cookies=cookies)
                assert response.status_code in (400, 401, 404, 405), (path, headers, response.status_code)
    assert wiki.upstream.received[before:] == []


def test_reserved_paths_do_not_reach_the_application(wiki: Wiki, visit: Visit) -> None:
    for path in ("/.portico/", "/.portico/other/start", f"/.portico/{wiki.client_id}/check"):
        assert wiki.ask("GET", path, cookies=visit.cookies).status_code == 404, path


def test_script_gets_json_and_browser_gets_a_page(wiki: Wiki) -> None:
    page = wiki.ask("GET", "/a?b=c", headers={"Accept": "text/html", "Sec-Fetch-Mode": "navigate"})
    assert page.status_code == 401
    assert f"url=/.portico/{wiki.client_id}/start?next=%2Fa%3Fb%3Dc" in page.text
    assert "Strict-Transport-Security" not in page.headers
    for method, headers in (("GET", {"Sec-Fetch-Mode": "cors"}), ("POST", {"Accept": "text/html"})):
        script = wiki.ask(method, "/a", headers=headers, data=b"a" if method == "POST" else None)
        assert script.status_code == 401
        assert script.json()["sign_in_url"] == f"{wiki.origin}/.portico/{wiki.client_id}/start"


def test_bodies_arrive_complete(wiki: Wiki, visit: Visit, tmp_path: Path) -> None:
    small, large = b"a=b", bytes(range(256)) * 80_000  # 20 MB
    for method in ("POST", "PUT"):
        for body in (b"", small, large):
            response = wiki.ask(method, data=body, cookies=visit.cookies)
            assert response.json()["body"] == {"size": len(body), "sha256": hashlib.sha256(body).hexdigest()}
    pieces = [small, large[:100_000], small]
    response = wiki.ask("POST", data=iter(pieces), cookies=visit.cookies)
    assert response.json()["body"]["sha256"] == hashlib.sha256(b"".join(pieces)).hexdigest()


def test_bodies_arrive_over_http_2(wiki: Wiki, visit: Visit) -> None:
    sent = "const body = new Uint8Array(3_000_000).fill(7);"
    size = visit.page.evaluate(
        f"async () => {{ {sent} const answer = await fetch('/upload', {{method: 'POST', body}});"
        " return (await answer.json()).body.size }"
    )
    assert size == 3_000_000


def test_websocket_opens_only_for_signed_in_people(wiki: Wiki, visit: Visit, browser: Browser) -> None:
    opens = (
        "() => new Promise((resolve) => { const socket = new WebSocket(`wss://${location.host}/socket`);"
        " socket.onmessage = (event) => resolve(event.data); socket.onerror = () => resolve('refused') })"
    )
    assert visit.page.evaluate(opens) == "Adaeze%20Okonkwo"
    context = wiki.context(browser)
    anonymous = context.new_page()
    anonymous.goto(f"{wiki.origin}/.portico/{wiki.client_id}/nothing")
    assert anonymous.evaluate(opens) == "refused"
    context.close()


@pytest.mark.parametrize("status", [401, 403, 404, 500, 503])
def test_application_errors_are_passed_on(wiki: Wiki, visit: Visit, status: int) -> None:
    response = wiki.ask("GET", f"/status/{status}", cookies=visit.cookies)
    assert (response.status_code, response.json()) == (status, {"from": "the application"})


def test_person_without_access_sees_why_and_is_not_redirected(wiki: Wiki, visit: Visit) -> None:
    change = "UPDATE application SET allowed_roles = ? WHERE client_id = ?"
    wiki.portico.change(change, '["editor"]', wiki.client_id)
    try:
        opened = visit.page.goto(f"{wiki.origin}/page")
        assert opened is not None
        assert (opened.status, opened.request.redirected_from) == (403, None)
        assert visit.page.get_by_role("heading").inner_text() == "You don’t have access to Wiki"
        assert wiki.ask("POST", cookies=visit.cookies).status_code == 403
    finally:
        wiki.portico.change(change, "[]", wiki.client_id)
    assert wiki.ask("GET", cookies=visit.cookies).status_code == 200


def test_rejection_by_the_proxy_causes_no_redirect_loop(wiki: Wiki, visit: Visit) -> None:
    if wiki.proxy.name == "nginx":
        response = wiki.ask("GET", "/forbidden", cookies=visit.cookies)
        assert (response.status_code, "Location" in response.headers) == (403, False)


def test_failing_check_passes_nothing(wiki: Wiki, visit: Visit) -> None:
    portico = wiki.portico
    assert portico.web
    stop(portico.web)
    try:
        before = len(wiki.upstream.received)
        response = wiki.ask("GET", cookies=visit.cookies)
        # Portico's own proxy answers the check with a 502, which Caddy passes on.
        assert response.status_code == {"nginx": 503, "caddy": 502}[wiki.proxy.name]
        assert wiki.upstream.received[before:] == []
    finally:
        portico.web = portico.start_node(portico.port)
    assert wiki.ask("GET", cookies=visit.cookies).status_code == 200


def test_preflights_pass_only_if_the_operator_allows_them(
    wiki: Wiki, visit: Visit, tmp_path_factory: pytest.TempPathFactory
) -> None:
    port = free_port()
    printed = _printed(wiki.portico, wiki.client_id, wiki.proxy.name, wiki.upstream, "--preflights")
    printed = printed.replace(wiki.origin.removeprefix("https://"), f"127.0.0.1:{port}")
    folder = tmp_path_factory.mktemp("proxy")
    proxy = wiki.proxy.start(folder, port, printed, wiki.portico.folder / AUTHORITY)
    passing = Wiki(wiki.portico, wiki.upstream, wiki.client_id, f"https://127.0.0.1:{port}", wiki.proxy, folder)
    try:
        headers = received(passing.ask("OPTIONS", headers={**PREFLIGHT, **FORGED}, cookies=visit.cookies))
        assert [name for name in headers if "portico" in name] == []
        assert headers.get("cookie", "") == ""
        for method, others in (("OPTIONS", {"Origin": "null"}), ("GET", PREFLIGHT), ("POST", PREFLIGHT)):
            assert passing.ask(method, headers=others).status_code == 401, (method, others)
    finally:
        stop(proxy)


def modified_nginx(printed: str) -> str:
    """Without some lines that operators might omit, and with an unprotected page."""
    kept = [line for line in printed.splitlines() if "proxy_set_header X-Portico-" not in line and "Cookie" not in line]
    return "\n".join(kept)


def spoiled_caddy(printed: str) -> str:
    """Without the lines that remove what visitors claim. Newer ones remove what copy_headers names by themselves."""
    kept = [line for line in printed.splitlines() if "request_header" not in line and "copy_headers" not in line]
    return "\n".join(kept)


SPOILED = {"nginx": modified_nginx, "caddy": spoiled_caddy}


@pytest.mark.parametrize("is_spoiled", [False, True], ids=["as printed", "spoiled"])
def test_check_command_distinguishes_good_from_bad_proxies(
    wiki: Wiki, visit: Visit, browser: Browser, tmp_path_factory: pytest.TempPathFactory, is_spoiled: bool
) -> None:
    port, behind, folder = free_port(), free_port(), tmp_path_factory.mktemp("proxy")
    origin, name = f"https://127.0.0.1:{port}", f"Checked {port}"
    created = wiki.portico.flask("applications", "create", name, "--kind", "forward-auth", "--start-url", origin)
    (client_id,) = re.findall(r"client ID +(\S+)", created)
    arguments = ("--proxy", wiki.proxy.name, "--upstream", f"http://127.0.0.1:{behind}")
    printed = wiki.portico.flask("applications", "proxy-config", client_id, *arguments)
    if is_spoiled:
        printed = SPOILED[wiki.proxy.name](printed)
    proxy = wiki.proxy.start(folder, port, printed, wiki.portico.folder / AUTHORITY)
    try:
        cookie = _cookie_of_silent_sign_in(visit, browser, origin)
        done = subprocess.run(
            [BIN / "flask", "applications", "check", client_id, "--listen", f"127.0.0.1:{behind}"],
            cwd=ROOT,
            env={
                **wiki.portico.environment,
                "PORTICO_COOKIE": cookie,
                "REQUESTS_CA_BUNDLE": str(folder / AUTHORITY),
            },
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        stop(proxy)
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAIL")]
    assert "OK    a chunked upload" in done.stdout, done.stdout + done.stderr
    assert (done.returncode, bool(failed)) == (int(is_spoiled), is_spoiled), done.stdout
    if is_spoiled:
        assert any("forged headers of a signed-in person" in line for line in failed)


def _cookie_of_silent_sign_in(visit: Visit, browser: Browser, origin: str) -> str:
    """Of someone who is signed in at Portico already. Another application's cookie is left out: on this machine it has
    the same host.
    """
    state = visit.page.context.storage_state()
    state["cookies"] = [one for one in state["cookies"] if one["name"] != "__Host-portico"]
    context = browser.new_context(ignore_https_errors=True, storage_state=state)
    context.new_page().goto(f"{origin}/")
    names = {"__Host-portico"}
    until(lambda: names <= {one["name"] for one in context.cookies(origin)})
    (value,) = (one["value"] for one in context.cookies(origin) if one["name"] in names)
    context.close()
    return value


def test_sign_out_takes_effect_immediately(wiki: Wiki, visit: Visit) -> None:
    path = f"/.portico/{wiki.client_id}/sign-out"
    foreign = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    assert wiki.ask("POST", path, headers=foreign, cookies=visit.cookies).status_code == 403
    assert wiki.ask("GET", path, cookies=visit.cookies).status_code == 405
    assert wiki.ask("GET", cookies=visit.cookies).status_code == 200
    visit.page.goto(f"{wiki.origin}/.portico/{wiki.client_id}/nothing")
    visit.page.evaluate(
        f"() => {{ const form = document.createElement('form'); form.method = 'post'; form.action = '{path}';"
        " document.body.append(form); form.submit() }"
    )
    visit.page.get_by_role("heading", name="You’re signed out").wait_for()
    assert visit.page.context.cookies(wiki.origin) == []
    assert wiki.ask("GET", cookies=visit.cookies).status_code == 401
