"""The complete flow over real TLS, as with a test directory or behind a corporate proxy: MICROSOFT_CLOUD=custom."""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import trustme

from app.entra.clients import Microsoft, connect
from app.entra.clouds import Cloud
from app.entra.errors import ServiceUnavailable
from app.entra.http_client import Http
from app.entra.id_tokens import Expected, validate
from app.entra.oauth import Registration, Secret
from tests.directory import CONTOSO, CONTOSO_CLIENT, CONTOSO_SECRET
from tests.ports import free_port

ROOT = Path(__file__).parent.parent.parent
REDIRECT_URI = "https://app.example.com/auth/abc/callback"
ADAEZE = "c0000001-0000-4000-8000-000000000001"
REGISTRATION = Registration(CONTOSO, CONTOSO_CLIENT, Secret(CONTOSO_SECRET))


@dataclass(frozen=True)
class SecureDirectory:
    origin: str
    trust: str
    """A file with the CA that signed its certificate."""

    @property
    def cloud(self) -> Cloud:
        return Cloud(self.origin, self.origin)


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureDirectory]:
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    trust, chain, key = (str(folder / name) for name in ("trust.pem", "chain.pem", "key.pem"))
    authority.cert_pem.write_to_path(trust)
    certificate.cert_chain_pems[0].write_to_path(chain)
    certificate.private_key_pem.write_to_path(key)
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--port", str(port), "--certificate", chain, "--key", key],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    assert process.stdout
    assert b"ready" in process.stdout.readline()
    origin = f"https://localhost:{port}"
    body = {"redirect_uris": {"web": [REDIRECT_URI]}}
    path = f"{origin}/sandbox/api/tenants/{CONTOSO}/applications/{CONTOSO_CLIENT}"
    requests.put(path, json=body, verify=trust, timeout=10).raise_for_status()
    yield SecureDirectory(origin, trust)
    process.terminate()
    process.wait(30)
    process.stdout.close()


def connected(cloud: Cloud, trust: str) -> Microsoft:
    return connect(Http(cloud, trust))


def test_complete_flow_works_over_tls_with_scope_of_its_own_graph(secure: SecureDirectory) -> None:
    microsoft = connected(secure.cloud, secure.trust)
    start = microsoft.oauth.start(REGISTRATION, REDIRECT_URI)
    assert start.url.startswith(secure.origin)
    asked = parse_qs(urlsplit(start.url).query)["scope"][0].split()
    assert f"{secure.origin}/User.Read" in asked, "a bare User.Read would be for the public cloud"
    picked = requests.post(start.url, data={"account": ADAEZE}, allow_redirects=False, verify=secure.trust, timeout=10)
    back = parse_qs(urlsplit(picked.headers["Location"]).query)
    assert back["state"] == [start.state]
    response = microsoft.oauth.redeem_code(REGISTRATION, start.flow, start.state, back["code"][0])
    issuer = microsoft.discovery.metadata(CONTOSO).issuer
    claims = validate(
        response.id_token,
        Expected(issuer, CONTOSO_CLIENT, tenant=CONTOSO, nonce=start.nonce),
        lambda kid: microsoft.discovery.signing_key(CONTOSO, kid),
        time.time(),
    )
    assert claims.oid == ADAEZE
    assert response.access_token
    profile = microsoft.graph.profile(response.access_token)
    assert (profile.oid, profile.name) == (ADAEZE, "Adaeze Okonkwo")
    assert profile.photo


def test_untrusted_certificate_is_rejected(secure: SecureDirectory) -> None:
    with pytest.raises(ServiceUnavailable, match="SSLError"):
        connected(secure.cloud, "").oauth.start(REGISTRATION, REDIRECT_URI)


def test_certificate_for_another_name_is_rejected(secure: SecureDirectory) -> None:
    elsewhere = secure.origin.replace("localhost", "127.0.0.1")
    with pytest.raises(ServiceUnavailable, match="SSLError"):
        connected(Cloud(elsewhere, elsewhere), secure.trust).oauth.start(REGISTRATION, REDIRECT_URI)
