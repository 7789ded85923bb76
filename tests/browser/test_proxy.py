"""Behind Debian's nginx with TLS, by the file that operators are given: what people meet in production."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import requests
import trustme
from playwright.sync_api import Browser, expect

from app.settings import ROOT
from tests import cast
from tests.browser.processes import Portico, free_port, stop, until
from tests.browser.visits import pick
from tests.cast import ALICE
from tests.conftest import without
from tests.directory import Directory

AUTHORITY = "authority.pem"
GIVEN = ROOT / "deploy" / "nginx.conf"


def nginx_program() -> str:
    found = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if not found:
        without("nginx")
    return str(found)


def own(folder: Path, port: int, behind: int) -> Path:
    """The given file with what is an operator's own: name, certificate, path, node; and on ports of nobody else's."""
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    chain, key = folder / "fullchain.pem", folder / "privkey.pem"
    chain.write_bytes(b"".join(part.bytes() for part in certificate.cert_chain_pems))
    certificate.private_key_pem.write_to_path(str(key))
    authority.cert_pem.write_to_path(str(folder / AUTHORITY))
    text = GIVEN.read_text()
    for given, mine in (
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("listen 80", f"listen 127.0.0.1:{free_port()}"),
        ("app.example.com", "localhost"),
        ("127.0.0.1:8000", f"127.0.0.1:{behind}"),
        ("/etc/ssl/portico/fullchain.pem", str(chain)),
        ("/etc/ssl/portico/privkey.pem", str(key)),
        ("/srv/portico", str(ROOT)),
    ):
        assert given in text, given
        text = text.replace(given, mine)
    rest = "".join(
        f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    file = folder / "nginx.conf"
    file.write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log; events {{}}\n"
        f"http {{ include /etc/nginx/mime.types; access_log off;\n{rest}{text} }}\n"
    )
    return file


def get(portico: Portico, path: str, **headers: str) -> requests.Response:
    return requests.get(portico.base_url + path, headers=headers, verify=str(portico.folder / AUTHORITY), timeout=10)


@pytest.fixture
def behind_nginx(directory: Directory, tmp_path: Path) -> Iterator[Portico]:
    port, behind = free_port(), free_port()
    portico = Portico(tmp_path, directory, port=behind)
    portico.base_url = f"https://localhost:{port}"
    file = own(tmp_path, port, behind)
    # As root its workers would be somebody else, who may not read the clone.
    user = ["-g", "user root;"] if os.geteuid() == 0 else []
    portico.open(cast.COMPANIES, BASE_URL=portico.base_url, TRUSTED_PROXIES="1")
    portico.register()
    nginx = subprocess.Popen([nginx_program(), "-c", file, "-p", tmp_path, *user])

    def answers() -> bool:
        with suppress(requests.ConnectionError):
            return get(portico, "/healthz").status_code == 200
        return False

    until(answers, nginx)
    yield portico
    stop(nginx)
    portico.close()


def test_a_person_signs_in_through_nginx_over_tls(behind_nginx: Portico, browser: Browser) -> None:
    context = browser.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.goto(f"{behind_nginx.base_url}/login/contoso")
    page.locator(".btn-microsoft").click()
    pick(page, ALICE)
    expect(page.get_by_role("heading", name="Adaeze Okonkwo")).to_be_visible()
    cookies = {cookie["name"]: cookie for cookie in context.cookies()}
    assert cookies["__Host-session"]["secure"]
    ((address,),) = behind_nginx.rows("SELECT ip_address FROM session")
    assert address == "127.0.0.1"
    context.close()


def test_static_files_come_from_nginx_and_metrics_do_not(behind_nginx: Portico) -> None:
    page = get(behind_nginx, "/login/contoso")
    assert "max-age=31536000" in page.headers["Strict-Transport-Security"]
    style = re.search(r"/static/app\.\w+\.css", page.text)
    assert style
    answer = get(behind_nginx, style[0])
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Encoding"] == "gzip"
    assert get(behind_nginx, "/metrics").status_code == 404


def test_what_a_visitor_claims_about_himself_is_not_believed(behind_nginx: Portico) -> None:
    """Guesses are counted by the address that nginx saw."""
    answers = [
        get(behind_nginx, f"/login/nobody{number}", **{"X-Forwarded-For": f"8.8.8.{number}"}) for number in range(31)
    ]
    assert [answer.status_code for answer in answers] == [404] * 30 + [429]
