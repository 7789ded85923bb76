"""The sandbox as its own process, and MSAL against it over real TLS."""

import contextlib
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msal
import pytest
import requests
import trustme

from sandbox.__main__ import main
from tests.ports import free_port

from .driver import ADAEZE, CLIENT, SECRET, TENANT

CALLBACK = "http://localhost/callback"


@contextlib.contextmanager
def running(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "sandbox", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout
    try:
        assert process.stdout.readline().startswith("Sandbox directory ready at http")
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()
        assert process.wait(30) == 0
        process.stdout.close()
        assert rest == ""


def register(origin: str, http: requests.Session) -> None:
    path = f"{origin}/sandbox/api/tenants/{TENANT}/applications/{CLIENT}"
    assert http.put(path, json={"redirect_uris": {"web": [CALLBACK]}}).status_code == 200


def test_msal_signs_in_over_tls(tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    trusted, chain, key = (str(tmp_path / name) for name in ("ca.pem", "chain.pem", "key.pem"))
    authority.cert_pem.write_to_path(trusted)
    certificate.private_key_pem.write_to_path(key)
    for blob in certificate.cert_chain_pems:
        blob.write_to_path(chain, append=True)
    port = str(free_port())
    origin = f"https://localhost:{port}"
    with running("--port", port, "--certificate", chain, "--key", key), requests.Session() as http:
        http.trust_env = False  # a proxy's trust store must not replace this one
        http.verify = trusted
        register(origin, http)
        app = msal.ConfidentialClientApplication(
            CLIENT,
            client_credential=SECRET,
            authority=f"{origin}/{TENANT}",
            instance_discovery=False,
            http_client=http,
        )
        flow = app.initiate_auth_code_flow(["User.Read"], redirect_uri=CALLBACK)
        sent = http.post(flow["auth_uri"], data={"account": ADAEZE}, allow_redirects=False).headers["Location"]
        returned = dict(re.findall(r"[?&]([^=]+)=([^&]*)", sent))
        result = app.acquire_token_by_auth_code_flow(flow, returned)
        assert result["id_token_claims"]["oid"] == ADAEZE
        silent = app.acquire_token_silent(["User.Read"], app.get_accounts()[0], force_refresh=True)
        assert silent["token_source"] == "identity_provider"
        bearer = {"Authorization": f"Bearer {silent['access_token']}"}
        assert http.get(f"{origin}/v1.0/me", headers=bearer).json()["id"] == ADAEZE


def test_plain_http_logs_no_query_strings_and_keeps_connections() -> None:
    port = free_port()
    # The connection is still open when the process stops.
    with requests.Session() as http, running("--port", str(port)):
        register(f"http://localhost:{port}", http)
        response = http.get(f"http://localhost:{port}/{TENANT}/oauth2/v2.0/authorize?client_id={CLIENT}")
        assert response.status_code == 400
        assert response.headers["Connection"] == "keep-alive"


@pytest.mark.parametrize("arguments", [["--host", "192.0.2.1"], ["--certificate", "x.pem"]])
def test_unsafe_or_incomplete_arguments_prevent_startup(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["sandbox", *arguments])
    with pytest.raises(SystemExit, match="2"):
        main()
