"""The documents mention only what exists, and everything is documented."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from flask import Flask
from flask.cli import FlaskGroup, ScriptInfo

from app.cli.companies_file.schema import (
    CompaniesFile,
    CompanyPart,
    ConnectionPart,
    CrmPart,
    LoginPagePart,
    PersonPart,
    RoleMappingPart,
)
from app.settings import ROOT, Settings
from app.urls import ROUTES

README, REFERENCE = ROOT / "README.md", ROOT / "docs" / "reference.md"
DOCUMENTS = [
    README,
    REFERENCE,
    *(ROOT / name for name in ("CONTRIBUTING.md", "CHANGELOG.md", "docs/architecture.md")),
]
FLASKS_OWN = {"db", "routes", "run", "shell"}
MAX_IMAGE_BYTES = 1_500_000


def table(title: str) -> list[list[str]]:
    """The cells of the reference's table under this heading, without its header."""
    section = REFERENCE.read_text().split(f"\n## {title}\n")[1].split("\n## ")[0]
    rows = [line.strip().strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def in_code(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_setting_is_documented() -> None:
    explained = {name for row in table("Settings") for name in in_code(row[0])}
    assert explained == {name.upper() for name in Settings.model_fields}


def test_env_example_contains_every_setting() -> None:
    named = re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert sorted(named) == sorted(name.upper() for name in Settings.model_fields)


def test_every_url_is_listed() -> None:
    """`/path/…` in the list covers everything beneath it."""
    listed = {
        (re.sub(r"<\w+>", "<>", address), "POST" if "(POST)" in row[0] else "GET")
        for row in table("Addresses")
        for address in in_code(row[0])
    }
    beneath = tuple(address.removesuffix("…") for address, _ in listed if address.endswith("/…"))
    there = {(re.sub(r"<[\w:]+>", "<>", route.rule), route.methods[0]) for route in ROUTES}
    assert {(path, method) for path, method in there - listed if not path.startswith(beneath)} == set()
    assert {(path, method) for path, method in listed - there if not path.endswith("/…")} == set()
    assert [start for start in beneath if not any(path.startswith(start) for path, _ in there)] == []


def test_every_command_is_listed(app: Flask) -> None:
    listed = {
        " ".join(name.split()[1:3]).removesuffix(" FILE") for row in table("Commands") for name in in_code(row[0])
    }
    commands = _commands(app)
    ends = {name for name in commands if not any(other.startswith(f"{name} ") for other in commands)}
    ours = {name for name in ends if name.split()[0] not in FLASKS_OWN}
    assert {name for name in listed if not name.startswith("db ")} == ours


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_mentioned_command_exists(document: Path, app: Flask) -> None:
    commands = _commands(app)
    text = document.read_text()
    for mentioned in re.findall(r"(?:`|bin/)flask ([a-z-]+(?: [a-z]+)?)", text):
        assert any(name in commands for name in (mentioned, mentioned.split()[0])), f"flask {mentioned}"
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for mentioned in re.findall(r"(?:`|\n)make ([a-z]+)", text):
        assert mentioned in targets, f"make {mentioned}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_mentioned_file_exists(document: Path) -> None:
    text = document.read_text()
    links = [link for link in re.findall(r"\]\(([^)#]+)\)|src=\"([^\"]+)\"", text) for link in link if link]
    for link in links:
        assert "://" in link or (document.parent / link).exists(), link
    for path in re.findall(r"`((?:app|tests|templates|static|demo|docs|requirements)/[\w/.*-]+)`", text):
        assert list(ROOT.glob(path.rstrip("/"))) or path == "static/dist/", path


def test_every_package_is_in_the_architecture_overview() -> None:
    image = (ROOT / "docs" / "architecture.md").read_text().split("```")[1]
    for folder in (ROOT / "app").iterdir():
        if folder.is_dir() and folder.name != "__pycache__":
            assert f"\n  {folder.name}/" in image, folder.name


def test_documented_layers_match_the_lint_contract() -> None:
    named = set(re.findall(r"`(app\.\w+)`", (ROOT / "docs" / "architecture.md").read_text().split("## Layers")[1]))
    contract = (ROOT / "pyproject.toml").read_text().split("layers = [")[1].split("]")[0]
    assert set(re.findall(r"app\.\w+", contract)) == named


def test_companies_file_example_is_valid() -> None:
    example = re.search(r"```json\n(.*?)```", README.read_text(), re.DOTALL)
    assert example
    CompaniesFile.model_validate(json.loads(example[1]))


def test_every_key_of_the_companies_file_is_documented() -> None:
    explained = {name for row in table("The companies file") for cell in row[1:] for name in in_code(cell)}
    for part in (CompanyPart, PersonPart, ConnectionPart, LoginPagePart, CrmPart, RoleMappingPart):
        assert set(part.model_fields) - explained == set(), part.__name__


def test_every_make_target_has_a_description() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    assert {name for name in targets if not re.search(rf"^{name}:.*## \S", makefile, re.MULTILINE)} == set()


def test_every_image_is_used_and_they_are_small() -> None:
    images = list((ROOT / "docs" / "pictures").iterdir())
    shown = README.read_text() + "".join(guide.read_text() for guide in (ROOT / "docs").glob("*.md"))
    assert [image.name for image in images if f"pictures/{image.name}" not in shown] == []
    assert sum(image.stat().st_size for image in images) < MAX_IMAGE_BYTES


def _commands(app: Flask) -> set[str]:
    """Every command: the application's, Flask's, and those that come without an application."""
    group = FlaskGroup(add_default_commands=True, create_app=lambda: app)
    # Flask pushes an application context, which the end of the command's context pops.
    with click.Context(group, obj=ScriptInfo(create_app=lambda: app)) as context:
        return set(_names(group, context, ""))


def _names(group: click.Group, context: click.Context, before: str) -> Iterator[str]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group) and not before:
            yield name
            yield from _names(command, context, f"{before}{name} ")
        else:
            yield before + name
