"""What operators do to the installation's applications and keys is in the installation's audit log."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.applications.signing_keys import rotation
from app.audit.models import InstallationEntry, InstallationHead
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from tests.applications.client import REDIRECT_URI
from tests.audit_triggers import changeable
from tests.cast import Cast

SECRET = "a random secret of 32 characters or more"


def run(app: Flask, *arguments: str) -> str:
    result = app.test_cli_runner().invoke(args=arguments)
    assert result.exit_code == 0, result.output
    return result.output


def exported(app: Flask, *arguments: str) -> list[dict[str, Any]]:
    lines = run(app, "audit", "export", "--installation", *arguments).splitlines()
    return [json.loads(line) for line in lines]


def said(app: Flask, known: list[str]) -> Iterator[str]:
    """The sentences of entries since the last call; `known` collects them."""
    for entry in exported(app)[len(known) :]:
        known.append(entry["what"])
        yield entry["what"]


@pytest.fixture
def known(cast: Cast) -> list[str]:
    return [entry["what"] for entry in exported(cast.app)]


def test_commands_have_entries(cast: Cast, known: list[str]) -> None:
    created = run(cast.app, "applications", "create", "Reports", "--redirect-uri", REDIRECT_URI)
    client_id = created.splitlines()[1].split()[-1]
    keys, *others = said(cast.app, known)
    assert keys == "New signing keys were published on schedule"
    assert others == [
        "System created the application Reports",
        "System changed the application Reports: redirect addresses",
        "System created a client secret of Reports",
    ]
    secret = run(cast.app, "applications", "rotate-secret", client_id).splitlines()[0]
    assert list(said(cast.app, known)) == ["System created a client secret of Reports"]
    assert secret not in run(cast.app, "audit", "export", "--installation", "--format", "csv")


def test_companies_file_has_entries(
    cast: Cast, known: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPORTS_SECRET", SECRET)
    file = tmp_path / "companies.json"
    reports = {"name": "Reports", "client_id": "reports", "redirect_uris": [REDIRECT_URI]}
    reports |= {"client_secret_env": "REPORTS_SECRET"}

    def entries(**changes: Any) -> list[str]:
        file.write_text(json.dumps({"companies": [], "applications": [reports | changes]}))
        run(cast.app, "companies", "apply", str(file))
        return list(said(cast.app, known))

    assert "System created the application Reports" in entries()
    assert entries() == []
    roles = [{"value": "reader", "name": "Reader"}]
    resources = [{"uri": "https://reports.example/api", "clients": ["other"]}]
    more = {"companies": ["contoso"], "roles": roles, "resources": resources}
    assert entries(name="Figures", **more) == [
        "System changed the application Figures: name",
        "System changed the application Figures: roles",
        "System changed which companies can use the application Figures",
        "System changed the application Figures: resources",
    ]
    with cast.app.app_context():
        last = db.session.scalars(sa.select(InstallationEntry).order_by(InstallationEntry.number.desc())).first()
        assert last
        assert last.detail == {"changed": {"resources": [{}, {"https://reports.example/api": ["other"]}]}}
    assert entries(enabled=False) == [
        "System changed the application Reports: name, active",
        "System changed the application Reports: roles",
        "System opened the application Reports to all companies",
        "System changed the application Reports: resources",
    ]
    monkeypatch.setenv("REPORTS_SECRET", SECRET[::-1])
    assert entries(enabled=False) == ["System created a client secret of Reports"]


def test_signing_keys_have_entries(cast: Cast, known: list[str]) -> None:
    run(cast.app, "applications", "create", "Reports", "--redirect-uri", REDIRECT_URI)
    known[:] = [entry["what"] for entry in exported(cast.app)]
    run(cast.app, "signing-keys", "rotate")
    assert list(said(cast.app, known)) == ["System published new signing keys"]
    with cast.app.app_context():
        old = {key.kid for key in rotation.published()}
    run(cast.app, "signing-keys", "rotate", "--now")
    assert list(said(cast.app, known)) == ["System replaced the signing keys, and deleted the old ones"]
    last = exported(cast.app)[-1]["detail"]
    assert {*last["deleted"]} == old
    with cast.app.app_context():
        assert {*last["keys"]} == {key.kid for key in rotation.published()}
        with unit_of_work():
            rotation.rotate_due()
    assert list(said(cast.app, known)) == []


def test_log_is_verified_and_no_companys(cast: Cast, known: list[str]) -> None:
    run(cast.app, "applications", "create", "Reports", "--redirect-uri", REDIRECT_URI)
    number = len(exported(cast.app))
    assert f"installation: OK, {number} entries verified\n" in run(cast.app, "audit", "verify")
    assert "installation" not in run(cast.app, "audit", "verify", "--company", "contoso")
    assert "application.created" not in run(cast.app, "audit", "export", "--company", "contoso")
    assert exported(cast.app, "--to", "2020-01-01") == []
    assert len(exported(cast.app, "--from", "2020-01-01")) == number
    neither = cast.app.test_cli_runner().invoke(args=["audit", "export"])
    assert (neither.exit_code, "give either --company or --installation" in neither.output) == (2, True)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (sa.update(InstallationEntry).where(InstallationEntry.number == 2).values(event="a.b"), "entry 2 was changed"),
        (sa.delete(InstallationEntry).where(InstallationEntry.number == 1), "entry 1 is missing"),
        (
            sa.delete(InstallationEntry).where(InstallationEntry.number > 2),
            "entry 3 is missing, and so are all entries after it",
        ),
        (sa.update(InstallationHead).values(number=2), "entry 3 is after the end of the chain"),
    ],
)
def test_broken_chain_is_reported(cast: Cast, known: list[str], statement: sa.Executable, words: str) -> None:
    run(cast.app, "applications", "create", "Reports", "--redirect-uri", REDIRECT_URI)
    with cast.app.app_context(), changeable():
        db.session.execute(statement.execution_options(synchronize_session=False))
    result = cast.app.test_cli_runner().invoke(args=["audit", "verify"])
    assert (result.exit_code, f"installation: BROKEN, {words}\n" in result.output) == (1, True), result.output
