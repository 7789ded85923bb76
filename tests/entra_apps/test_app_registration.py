"""Values to paste at Microsoft, and commands: correct for every connection, and safe for any title."""

import json
import re
import shlex
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, url_for
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.connections.models import Draft, Flow
from app.connections.registration_spec import registration_spec
from app.entra.clouds import NATIONAL, sandbox_cloud
from app.entra_apps.app_registration import Registration, registration_guide
from app.entra_apps.certificates import new_certificate
from app.entra_apps.models import ClientCredential, CredentialKind
from app.entra_apps.scripts.app_registration_spec import der
from app.entra_apps.scripts.quoting import bash, hcl, powershell
from tests.directory import CONTOSO, CONTOSO_CLIENT, Directory

BASE_URL = "https://app.example.com"
TODAY = date(2026, 11, 20)
CERTIFICATE = new_certificate("Portico").certificate
HOSTILE = "a'b\"$(touch owned)`touch owned`;|&>${x}%{if}\n’x‘\\"
# What a shell argument can contain.
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


def draft(
    *,
    title: str = "Contoso staff",
    flow: str = Flow.SERVER,
    kind: str | None = None,
    tenant: str = CONTOSO,
    client_id: str = CONTOSO_CLIENT,
) -> Draft:
    made = Draft(title=title, flow=flow, tenant=tenant, client_id=client_id, public_id="k3nmpq2rst4v")
    if kind:
        certificate = CERTIFICATE if kind == CredentialKind.CERTIFICATE else None
        made.entra_app.credentials.append(ClientCredential(kind=kind, certificate=certificate))
    return made


def described(cloud: str = "public", **values: Any) -> Registration:
    return registration_guide(registration_spec(draft(**values), BASE_URL, NATIONAL[cloud], TODAY), NATIONAL[cloud])


def commands(found: Registration) -> dict[str, str]:
    return {script.tool: script.text for script in found.scripts}


def test_each_flow_has_its_own_redirect_uri_and_platform() -> None:
    (server,) = described().addresses
    assert (server.platform, server.uri) == ("Web", f"{BASE_URL}/auth/k3nmpq2rst4v/callback")
    (page,) = described(flow=Flow.SPA).addresses
    assert (page.platform, page.uri) == ("Single-page application", f"{BASE_URL}/auth/k3nmpq2rst4v/popup")


def test_spa_with_credential_needs_both_platforms() -> None:
    both = described(flow=Flow.SPA, kind=CredentialKind.SECRET)
    assert [address.platform for address in both.addresses] == ["Web", "Single-page application"]


@pytest.mark.parametrize("client_id", ["", CONTOSO_CLIENT])
@pytest.mark.parametrize("flow", list(Flow))
def test_scripts_register_the_front_channel_logout_url(app: Flask, flow: str, client_id: str) -> None:
    found = described(flow=flow, client_id=client_id)
    assert found.logout_uri
    with app.test_request_context():
        view = url_for("login.microsoft.front_channel_logout.sign_out", public_id="k3nmpq2rst4v")
    assert found.logout_uri == BASE_URL + view
    texts = commands(found)
    assert f'\'{{"web":{{"logoutUrl":"{found.logout_uri}"}}}}\'' in texts["Azure CLI"]
    assert f"LogoutUrl = '{found.logout_uri}'" in texts["Microsoft Graph PowerShell"]
    assert re.search(rf'web {{\n    logout_url +=? "{re.escape(found.logout_uri)}"', texts["Terraform"])


def test_new_registrations_have_the_optional_claims() -> None:
    for tool, text in commands(described(client_id="")).items():
        for name in ("auth_time", "sid", "login_hint", "email"):
            assert re.search(rf"""['"]{name}['"]""", text), (tool, name)


def test_logout_url_without_tls_is_for_the_sandbox_alone() -> None:
    for cloud, logout_uri in (
        (NATIONAL["public"], None),
        (sandbox_cloud(8001), "http://localhost:8000/auth/k3nmpq2rst4v/front-channel-logout"),
    ):
        found = registration_guide(registration_spec(draft(), "http://localhost:8000", cloud, TODAY), cloud)
        assert found.logout_uri == logout_uri
        for tool, text in commands(found).items():
            assert ("front-channel-logout" in text) == bool(logout_uri), tool


@pytest.mark.parametrize(
    ("cloud", "host"),
    [("public", "entra.microsoft.com"), ("usgov", "entra.microsoft.us"), ("china", "entra.microsoftonline.cn")],
)
def test_links_point_to_admin_center_of_cloud_and_tenant(cloud: str, host: str) -> None:
    pages = described(cloud).pages
    application = f"https://{host}/{CONTOSO}/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~"
    assert pages.authentication == f"{application}/Authentication/appId/{CONTOSO_CLIENT}"
    assert pages.credentials == f"{application}/Credentials/appId/{CONTOSO_CLIENT}"
    assert pages.permissions == f"{application}/CallAnAPI/appId/{CONTOSO_CLIENT}"


def test_link_without_application_id_points_to_registration() -> None:
    found = described(client_id="", tenant="")
    assert not found.is_known
    assert found.pages.authentication is None
    assert "/CreateApplicationBlade/" in found.pages.register


def test_commands_create_registration_or_complete_existing_one() -> None:
    made, completed = commands(described(client_id="")), commands(described())
    assert "az ad app create" in made["Azure CLI"]
    assert "New-MgApplication " in made["Microsoft Graph PowerShell"]
    assert "az ad app create" not in completed["Azure CLI"]
    assert CONTOSO_CLIENT in completed["Azure CLI"]
    assert "New-MgApplication " not in completed["Microsoft Graph PowerShell"]
    # Existing redirect URIs are kept.
    assert "--query 'web.redirectUris[" in completed["Azure CLI"]
    assert "@($app.Web.RedirectUris) +" in completed["Microsoft Graph PowerShell"]


@pytest.mark.parametrize("client_id", ["", CONTOSO_CLIENT])
@pytest.mark.parametrize("kind", [None, *CredentialKind])
@pytest.mark.parametrize("flow", list(Flow))
def test_commands_are_complete_for_every_kind_of_connection(flow: str, kind: str | None, client_id: str) -> None:
    found = described(flow=flow, kind=kind, client_id=client_id, title=HOSTILE)
    for tool, text in commands(found).items():
        for address in found.addresses:
            assert address.uri in text, tool
        assert CONTOSO in text, tool
        assert ("password" in text.lower()) == (found.credential == CredentialKind.SECRET), tool
        assert ("2027-11-20" in text) == (found.credential == CredentialKind.SECRET), tool
        if found.credential == CredentialKind.CERTIFICATE:
            assert der(CERTIFICATE)[:40] in text, tool
        if found.credential == CredentialKind.FEDERATED:
            assert f"{BASE_URL}/auth/k3nmpq2rst4v/federation" in text, tool
    parsed = subprocess.run(["bash", "-n"], input=commands(found)["Azure CLI"], text=True, capture_output=True)
    assert (parsed.returncode, parsed.stderr) == (0, "")


def test_national_clouds_are_passed_to_the_tools() -> None:
    assert "az cloud set --name AzureChinaCloud" in commands(described("china"))["Azure CLI"]
    assert "-Environment USGov " in commands(described("usgov"))["Microsoft Graph PowerShell"]
    assert 'environment = "usgovernment"' in commands(described("usgov"))["Terraform"]
    assert "https://microsoftgraph.chinacloudapi.cn/v1.0/" in commands(described("china", flow=Flow.SPA))["Azure CLI"]


def test_hostile_title_runs_nothing_in_bash(tmp_path: Path) -> None:
    listener = "az() { printf '%s\\0' \"$@\" >> received; }\n"
    text = commands(described(title=HOSTILE, client_id=""))["Azure CLI"]
    done = subprocess.run(["bash", "-c", listener + text], text=True, capture_output=True, cwd=tmp_path)
    assert done.stderr == ""
    received = (tmp_path / "received").read_text().split("\0")
    assert "Portico: a'b\"$(touch owned)`touch owned`;|&>${x}%{if} ’x‘\\" in received
    assert [path.name for path in tmp_path.iterdir()] == ["received"]


def test_title_with_line_breaks_or_hidden_characters_becomes_one_line() -> None:
    assert described(title="a\u202eb\nc\u2028d\u200b").name == "Portico: ab c d"


@given(TEXT)
@example(HOSTILE)
@example("")
def test_bash_quoting_round_trips(text: str) -> None:
    assert shlex.split(bash(text)) == [text]


@settings(deadline=None)  # how fast a process starts depends on the machine
@given(st.lists(TEXT, min_size=20, max_size=40))
def test_real_bash_reads_back_quoted_text(texts: list[str]) -> None:
    script = f"printf '%s\\0' {' '.join(map(bash, texts))}"
    done = subprocess.run(["bash"], input=script.encode(), capture_output=True, check=True)
    assert done.stdout == "".join(f"{text}\0" for text in texts).encode()


@given(TEXT)
@example("’‘‚‛'")
def test_powershell_quoting_closes_only_at_the_end(text: str) -> None:
    # https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_quoting_rules
    quoted = powershell(text)
    inner = quoted[1:-1]
    assert (quoted[0], quoted[-1]) == ("'", "'")
    assert re.fullmatch("(?:[^'\u2018\u2019\u201a\u201b]|(['\u2018\u2019\u201a\u201b])\\1)*", inner)
    assert re.sub("(['\u2018\u2019\u201a\u201b])\\1", r"\1", inner) == text


@given(TEXT)
@example("$${a}%%{b}${c}%{d}\\")
def test_terraform_quoting_round_trips_without_templates(text: str) -> None:
    quoted = hcl(text)
    assert not re.search(r"[$%]\{", quoted)
    # The HCL escapes used are those of JSON.
    assert json.loads(quoted) == text


def test_sandbox_command_registers_the_displayed_uris(app: Flask, directory: Directory) -> None:
    with app.app_context():
        for flow in Flow:
            cloud = sandbox_cloud(directory.port)
            wanted = registration_spec(draft(flow=flow, kind=CredentialKind.CERTIFICATE), BASE_URL, cloud, TODAY)
            found = registration_guide(wanted, cloud)
            subprocess.run(["bash", "-c", commands(found)["Sandbox"]], check=True, capture_output=True, timeout=30)
            known = directory.call("GET", "tenants")
            assert all(address.uri in json.dumps(known) for address in found.addresses)
            assert found.logout_uri in [one["logout_url"] for tenant in known for one in tenant["applications"]]
