"""Portico as operators run it: behind nginx, with TLS."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import cast
from tests.directory import Directory
from tests.e2e.processes import Portico, stop
from tests.ports import free_port
from tests.proxy import start_nginx


@contextmanager
def portico_over_tls(directory: Directory, folder: Path, **environment: str) -> Iterator[Portico]:
    """Registered in the directory as seeded. The CA's certificate is the folder's AUTHORITY (tests/proxy.py)."""
    port, behind = free_port(), free_port()
    portico = Portico(folder, directory, port=behind)
    portico.base_url = f"https://localhost:{port}"
    portico.open(cast.COMPANIES, BASE_URL=portico.base_url, TRUSTED_PROXIES="1", **environment)
    nginx = start_nginx(folder, port, behind)
    directory.reset()
    portico.register()
    yield portico
    stop(nginx)
    portico.close()
