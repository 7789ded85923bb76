"""A companies file is applied completely or not at all."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from app.cli.companies_file.schema import FileError, load
from app.companies.queries import by_code
from app.connections.queries import drafts
from tests.assertions import rows
from tests.core.test_strict_json import BAD_BYTES

TENANT, CLIENT = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


def document(**changes: Any) -> dict[str, Any]:
    """A complete document as in SURFACE.md."""
    company = {
        "code": "contoso",
        "name": "Contoso",
        "note": "Use your Contoso account.",
        "password_sign_in": "everyone",
        "people": [
            {
                "email": "owner@contoso.example",
                "name": "Olivia Owner",
                "role": "owner",
                "password_env": "OWNER_PASSWORD",
            }
        ],
        "connections": [
            {
                "title": "Contoso staff",
                "tenant": TENANT,
                "client_id": CLIENT,
                "client_secret_env": "CONTOSO_SECRET",
                "secret_expires": "2027-10-01",
                "flow": "server",
                "enabled": True,
                "create_people": True,
                "button_label": "Sign in with Corporate Account",
            }
        ],
    }
    return {"companies": [{**company, **changes}]}


@pytest.mark.parametrize("content", BAD_BYTES.values(), ids=BAD_BYTES)
def test_invalid_json_file_is_named_in_error(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "companies.json"
    file.write_bytes(content)
    with pytest.raises(FileError, match=r"companies\.json"):
        load(file)


def test_unterminated_toml_file_is_named_in_error(tmp_path: Path) -> None:
    file = tmp_path / "companies.toml"
    file.write_text("a = " + "[" * 10_000)
    with pytest.raises(FileError, match=r"companies\.toml"):
        load(file)


def test_byte_order_mark_is_accepted(tmp_path: Path) -> None:
    file = tmp_path / "companies.json"
    file.write_text(json.dumps(document()), "utf-8-sig")
    assert load(file).companies[0].code == "contoso"


TOML = f"""
[[companies]]
code = "contoso"
name = "Contoso"
note = "Use your Contoso account."
password_sign_in = "everyone"

[[companies.people]]
email = "owner@contoso.example"
name = "Olivia Owner"
role = "owner"
password_env = "OWNER_PASSWORD"

[[companies.connections]]
title = "Contoso staff"
tenant = "{TENANT}"
client_id = "{CLIENT}"
client_secret_env = "CONTOSO_SECRET"
secret_expires = 2027-10-01
"""


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWNER_PASSWORD", "a long enough password")
    monkeypatch.setenv("CONTOSO_SECRET", "the-secret-value")


def apply(app: Flask, tmp_path: Path, content: Any) -> Result:
    path = tmp_path / ("companies.toml" if isinstance(content, str) else "companies.json")
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return app.test_cli_runner().invoke(args=["companies", "apply", str(path)])


@pytest.mark.parametrize("content", [document(), TOML], ids=["JSON", "TOML"])
def test_file_creates_companies_and_rerun_changes_nothing(app: Flask, tmp_path: Path, content: Any) -> None:
    first = apply(app, tmp_path, content)
    assert first.exit_code == 0, first.output
    assert "contoso: created" in first.output
    assert "contoso: owner@contoso.example: created" in first.output
    assert "contoso: Contoso staff: created" in first.output
    before = rows(app)
    second = apply(app, tmp_path, content)
    assert second.output.strip() == "no changes"
    assert rows(app) == before


def test_differences_are_applied_and_listed(app: Flask, tmp_path: Path) -> None:
    apply(app, tmp_path, document())
    connection = {**document()["companies"][0]["connections"][0], "button_label": "Go", "enabled": False}
    changed = apply(app, tmp_path, document(name="Contoso Ltd", note="New", connections=[connection])).output
    assert "contoso: updated" in changed
    assert "name" in changed
    assert "note" in changed
    assert "button_label" in changed
    listed = app.test_cli_runner().invoke(args=["companies", "list"]).output
    assert "Contoso Ltd" in listed
    assert "inactive" in listed


def test_apply_deletes_nothing(app: Flask, tmp_path: Path) -> None:
    apply(app, tmp_path, document())
    before = rows(app)
    assert apply(app, tmp_path, document(people=[], connections=[])).output.strip() == "no changes"
    assert rows(app) == before


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ({"companies": [], "extra": 1}, "extra: unknown key"),
        (document(colour="red"), "companies[0].colour: unknown key"),
        (document(people=[{"email": "a@b", "name": "A", "admin": True}]), "companies[0].people[0].admin: unknown key"),
        (document(connections=[{"title": "A"}]), "companies[0].connections[0].tenant:"),
        (document(code="admin"), "companies[0].code: This code is reserved."),
        (document(code="a b"), "companies[0].code: Use 2–40 letters"),
        (document(password_sign_in="sometimes"), "companies[0].password_sign_in:"),
        (document(people=[{"email": "no address", "name": "A"}]), "companies[0].people[0].email: must be an email"),
        (document(people=[{"email": "a@b", "name": " "}]), "companies[0].people[0].name:"),
        ({}, "companies:"),
        ([], "the file:"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_error_names_its_location_and_nothing_is_written(app: Flask, tmp_path: Path, content: Any, place: str) -> None:
    before = rows(app)
    result = apply(app, tmp_path, content)
    assert result.exit_code != 0
    assert place in result.output
    assert "Nothing was changed" in result.output
    assert rows(app) == before


@pytest.mark.parametrize("tenant", ["common", "organizations", "consumers", "", "contoso.com", TENANT[:-1]])
def test_tenant_must_be_a_guid(app: Flask, tmp_path: Path, tenant: str) -> None:
    result = apply(app, tmp_path, document(connections=[{"title": "A", "tenant": tenant, "client_id": CLIENT}]))
    assert result.exit_code != 0
    assert "companies[0].connections[0].tenant: must be a GUID" in result.output


def test_later_error_rolls_back_earlier_companies(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTHER_SECRET", raising=False)
    two = document()["companies"][0]
    other = {
        "code": "fabrikam",
        "name": "Fabrikam",
        "connections": [{"title": "A", "tenant": TENANT, "client_id": CLIENT, "client_secret_env": "OTHER_SECRET"}],
    }
    before = rows(app)
    result = apply(app, tmp_path, {"companies": [two, other]})
    assert result.exit_code != 0
    assert "fabrikam: A: the environment variable OTHER_SECRET is not set" in result.output
    assert rows(app) == before


def test_plain_text_secrets_are_accepted_with_a_warning_that_omits_them(app: Flask, tmp_path: Path) -> None:
    connection = {"title": "A", "tenant": TENANT, "client_id": CLIENT, "client_secret": "in-the-clear"}
    person = {"email": "a@b.example", "name": "A", "password": "also in the clear"}
    result = apply(app, tmp_path, document(people=[person], connections=[connection]))
    assert result.exit_code == 0
    assert "warning: contoso: the file contains a password in plain text" in result.output
    assert "warning: contoso: the file contains a client secret in plain text" in result.output
    assert "in-the-clear" not in result.output
    assert "also in" not in result.output


@pytest.mark.parametrize(
    "part",
    [
        {"people": [{"email": "a@b.example", "name": "A", "password": "x" * 20, "password_env": "OWNER_PASSWORD"}]},
        {"people": [{"email": "a@b.example", "name": "A", "password": "short"}]},
    ],
    ids=["both", "too short"],
)
def test_invalid_password_is_rejected(app: Flask, tmp_path: Path, part: dict[str, Any]) -> None:
    before = rows(app)
    result = apply(app, tmp_path, document(**part))
    assert result.exit_code != 0
    assert "password" in result.output
    assert rows(app) == before


def test_login_code_of_another_company_is_rejected(app: Flask, tmp_path: Path) -> None:
    apply(app, tmp_path, document())
    before = rows(app)
    page = {"code": "contoso", "location": "Here"}
    result = apply(app, tmp_path, document(code="fabrikam", name="Fabrikam", login_pages=[page], people=[]))
    assert result.exit_code != 0
    assert "belongs to another company" in result.output
    assert rows(app) == before


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"", b"[[companies]]"], ids=repr)
@pytest.mark.parametrize("name", ["companies.json", "companies.toml"])
def test_unreadable_file_raises_file_error(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(FileError):
        load(path)


@pytest.mark.parametrize("email", ["a@b", "=cmd|calc@x", "ann"])
def test_invalid_email_in_file_is_named_in_error(tmp_path: Path, email: str) -> None:
    file = tmp_path / "companies.json"
    file.write_text(json.dumps(document(people=[{"email": email, "name": "Ann"}])))
    with pytest.raises(FileError, match=r"companies\[0\]\.people\[0\]\.email: must be an email address"):
        load(file)


def test_international_email_in_file_is_normalized(tmp_path: Path) -> None:
    file = tmp_path / "companies.json"
    file.write_text(json.dumps(document(people=[{"email": "Max@XN--MLLER-KVA.example", "name": "Max"}])))
    (found,) = load(file).companies[0].people
    assert found.email == "max@müller.example"


def test_note_and_label_can_be_in_several_languages(app: Flask, tmp_path: Path) -> None:
    labels = {"en": "Badge", "de": "Ausweis"}
    connection = {**document()["companies"][0]["connections"][0], "button_label": labels}
    several = document(note={"en": "Hello", "de": "Hallo"}, connections=[connection])
    apply(app, tmp_path, several)
    with app.app_context():
        company = by_code("contoso")
        assert company
        assert company.login_pages[0].notes == {"en": "Hello", "de": "Hallo"}
        (draft,) = drafts(company.id)
        assert (draft.button_label, draft.button_label_translations) == ("Badge", {"de": "Ausweis"})
    assert "updated" not in apply(app, tmp_path, several).output
    apply(app, tmp_path, document(note="New"))
    with app.app_context():
        company = by_code("contoso")
        assert company
        assert company.login_pages[0].notes == {"en": "New", "de": "Hallo"}, "a text alone leaves translations"


@pytest.mark.parametrize(
    ("note", "fault"),
    [
        ({"xx": "Hello"}, "companies[0].note.xx: must be en, de, fr, es, pt_BR, ja, ar"),
        ({"": "Hello"}, "companies[0].note: must be text, or an object with a text for each language"),
        ({"de": "n" * 501}, "companies[0].note.de: must have 500 characters or fewer"),
        ("n" * 501, "companies[0].note: must have 500 characters or fewer"),
        ({"de": 5}, "companies[0].note.de: must be text"),
        (5, "companies[0].note: must be text, or an object with a text for each language"),
    ],
)
def test_invalid_note_is_named(tmp_path: Path, note: Any, fault: str) -> None:
    file = tmp_path / "companies.json"
    file.write_text(json.dumps(document(note=note)))
    with pytest.raises(FileError) as raised:
        load(file)
    assert str(raised.value) == fault
