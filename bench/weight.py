"""The bytes that a browser downloads at the first visit of a login page, compressed as they are served."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from pydantic import SecretStr

from app import create_app
from app.cli.companies_file import actions
from app.cli.companies_file.schema import CompaniesFile
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.settings import Settings, new_key

ASSET = re.compile(r'<(?:link|script)[^>]+(?:src|href)="(/static/[^"]+)"')
HASH = re.compile(r"\.[0-9A-Z]{8}(?=\.\w+$)")
SCRIPT = "spa.js"
BASE_URL = "http://localhost:5000"
ADDRESSES = {"server-side flow": "/login/contoso", "single page": "/login/fabrikam"}


@dataclass(frozen=True)
class Part:
    """One response."""

    name: str
    size: int
    """Bytes of its body, as sent to a current browser."""


def measure() -> dict[str, list[Part]]:
    """The parts of a login page of each flow."""
    with _portico() as app:
        client = app.test_client()
        return {flow: list(_parts(client, path)) for flow, path in ADDRESSES.items()}


def table(measured: dict[str, list[Part]]) -> str:
    """The parts as a table in Markdown, with their sums."""
    flows = list(measured)
    sizes = {flow: {part.name: part.size for part in parts} for flow, parts in measured.items()}
    names = list(dict.fromkeys(name for parts in sizes.values() for name in parts))
    lines = [f"| kB over the wire | {' | '.join(flows)} |", f"|---|{'--:|' * len(flows)}"]
    without = {flow: sum(size for name, size in sizes[flow].items() if name != SCRIPT) for flow in flows}
    total = {flow: sum(sizes[flow].values()) for flow in flows}
    lines += [_line(name, [sizes[flow].get(name) for flow in flows]) for name in names if name != SCRIPT]
    lines.append(_line("**until the page is readable**", list(without.values())))
    lines.append(_line(SCRIPT, [sizes[flow].get(SCRIPT) for flow in flows]))
    lines.append(_line("**all of it**", list(total.values())))
    return "\n".join(lines)


def _line(name: str, sizes: list[int | None]) -> str:
    return f"| {name} | {' | '.join('' if size is None else f'{size / 1000:.1f}' for size in sizes)} |"


def _parts(client: FlaskClient, path: str) -> Iterator[Part]:
    yield _part(client, path, "the page")
    page = client.get(path, base_url=BASE_URL).text
    for address in dict.fromkeys(ASSET.findall(page)):
        yield _part(client, address, HASH.sub("", address.rpartition("/")[2]))


def _part(client: FlaskClient, path: str, name: str) -> Part:
    answer = client.get(path, base_url=BASE_URL, headers={"Accept-Encoding": "gzip, br"})
    assert answer.status_code == 200, f"{path}: {answer.status}"
    return Part(name, len(answer.data))


@contextmanager
def _portico() -> Iterator[Flask]:
    """The application with a company of each flow, on a temporary database."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(
            Settings(
                _env_file=None,
                base_url=BASE_URL,
                secret_key=SecretStr(new_key()),
                encryption_keys=(SecretStr(new_key()),),
                database_url=SecretStr(f"sqlite:///{Path(folder) / 'portico.db'}"),
                microsoft_cloud="sandbox",
            )
        )
        with app.app_context():
            upgrade()
            with unit_of_work():
                actions.apply(
                    CompaniesFile.model_validate(
                        {"companies": [_company("contoso", "server"), _company("fabrikam", "spa")]}
                    )
                )
            yield app
            db.engine.dispose()


def _company(code: str, flow: str) -> dict[str, object]:
    number = "1" if flow == "server" else "3"
    guid = "-".join(number * length for length in (8, 4, 4, 4, 12))
    connection = {"title": "Staff", "tenant": guid, "client_id": guid, "flow": flow}
    if flow == "server":
        connection["client_secret"] = "a secret for the bench"  # noqa: S105
    return {"code": code, "name": code.capitalize(), "connections": [connection]}
