"""How much a browser fetches for a login page that it never saw: bytes over the wire, compressed as they are served."""

import re
from dataclasses import dataclass

from werkzeug.test import Client

ASSET = re.compile(r'(?:src|href)="(/static/[^"]+)"')
FONT = re.compile(r'url\("?\./(inter-latin-[^")]+)"?\)')
"""The one font file that Latin text needs; the others are fetched only for other writing systems."""


@dataclass(frozen=True)
class Part:
    """One answer."""

    name: str
    size: int
    encoding: str


def fetch(client: Client, path: str) -> Part:
    """An answer's body, as a current browser is given it."""
    answer = client.get(path, headers={"Accept-Encoding": "gzip, br"})
    assert answer.status_code == 200, f"{path}: {answer.status}"
    name = re.sub(r"\.[0-9A-Z]{8}(?=\.)", "", path.rpartition("/")[2])
    return Part(name, len(answer.data), answer.headers.get("Content-Encoding", "as it is"))


def login_page(client: Client, path: str) -> list[Part]:
    """The page and what it refers to, each once."""
    page = client.get(path).text
    found = dict.fromkeys(ASSET.findall(page))
    return [Part("the page", *_page(client, path)), *(fetch(client, asset) for asset in found)]


def _page(client: Client, path: str) -> tuple[int, str]:
    part = fetch(client, path)
    return part.size, part.encoding
