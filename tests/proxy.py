"""Debian's nginx in front of nodes, with the configuration for operators."""

import os
import shutil
import subprocess
from pathlib import Path

import trustme

from app.settings import ROOT
from tests.conftest import without
from tests.e2e.processes import status_of, until
from tests.ports import free_port

AUTHORITY = "authority.pem"
ACCESSES = "nginx-access.log"
GIVEN = ROOT / "deploy" / "nginx.conf"


def start_nginx(folder: Path, port: int, *nodes: int, logs_errors: bool = False) -> subprocess.Popen[bytes]:
    """Starts nginx on this port, with TLS; the CA certificate is the folder's AUTHORITY. With `logs_errors` it writes
    nginx.log, which the configuration for operators leaves out.
    """
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if not program:
        without("nginx")
    # As root its workers would run as another user without read access to the checkout.
    user = ["-g", "user root;"] if os.geteuid() == 0 else []
    started = subprocess.Popen([str(program), "-c", _configured(folder, port, nodes, logs_errors), "-p", folder, *user])
    until(lambda: status_of(f"https://localhost:{port}/healthz", verify=str(folder / AUTHORITY)) == 200, started)
    return started


def _configured(folder: Path, port: int, nodes: tuple[int, ...], logs_errors: bool) -> Path:
    """The file for operators with an operator's values: name, certificate, path, nodes and ports."""
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
        ("server 127.0.0.1:8000;", " ".join(f"server 127.0.0.1:{node};" for node in nodes)),
        ("/etc/ssl/portico/fullchain.pem", str(chain)),
        ("/etc/ssl/portico/privkey.pem", str(key)),
        ("/srv/portico", str(ROOT)),
        ("/var/log/nginx/portico.log", str(folder / ACCESSES)),
    ):
        assert given in text, given
        text = text.replace(given, mine)
    if logs_errors:
        text = text.replace("error_log /dev/null;", "")
    rest = "".join(
        f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    file = folder / "nginx.conf"
    file.write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log; events {{}}\n"
        f"http {{ include /etc/nginx/mime.types; access_log off;\n{rest}{text} }}\n"
    )
    return file
