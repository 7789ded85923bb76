"""Role mappings in a companies file, and the guide that has an example of them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.applications.models import RoleMapping
from app.cli.companies_file import actions
from app.cli.companies_file.schema import CompaniesFile, load
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.provisioning.roles.reading import WAIT_SECONDS
from app.provisioning.roles.sync import KEPT_FOR
from app.settings import ROOT
from demo.__main__ import COMPANIES, DEMO_SECRETS
from sandbox.tokens import MOST_GROUPS
from tests.cast import BOB
from tests.provisioning.mapped import ENGINEERING, Mapped

GUIDE = (ROOT / "docs" / "roles.md").read_text()
MAPPING = {
    "connection": "Contoso staff",
    "group": ENGINEERING,
    "name": "Engineering",
    "application": "expenses",
    "role": "editor",
}


def example() -> dict[str, Any]:
    found = re.search(r"```json\n(.*?)```", GUIDE, re.DOTALL)
    assert found
    content: dict[str, Any] = json.loads(found[1])
    return content


def applied(mapped: Mapped, content: dict[str, Any]) -> list[str]:
    with mapped.cast.app.app_context(), unit_of_work():
        return actions.apply(CompaniesFile.model_validate(content))


def of_contoso(*mappings: dict[str, Any]) -> dict[str, Any]:
    return {"companies": [{"code": "contoso", "name": "Contoso", "role_mappings": list(mappings)}]}


def refused(mapped: Mapped, folder: Path, content: dict[str, Any]) -> str:
    """What the command says of a file that it refuses."""
    file = folder / "companies.json"
    file.write_text(json.dumps(content))
    answer = mapped.cast.app.test_cli_runner().invoke(args=["companies", "apply", str(file)])
    assert answer.exit_code != 0
    return answer.output


def test_example_of_the_guide_maps_three_roles_once(mapped: Mapped) -> None:
    first = applied(mapped, example())
    assert [line for line in first if "mapped" in line] == [
        "contoso: mapped Engineering to the role editor",
        "contoso: mapped Expenses.Read to the role reader",
        "contoso: mapped Application administrators to the role admin",
    ]
    assert applied(mapped, example()) == []
    mapped.put_in(ENGINEERING, BOB)
    mapped.sign_in()
    assert mapped.roles_of() == ["editor"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"app_role": "Too"}, "set either group or app_role"),
        ({"group": None, "name": None}, "set either group or app_role"),
        ({"group": "Engineering"}, "must be a GUID"),
        ({"name": None}, "set name with group"),
        ({"application": None, "role": "owner"}, "the role must be admin"),
        ({"application": None, "role": "member"}, "the role must be admin"),
        ({"group": None, "name": None, "app_role": "two words"}, "app_role"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "",
)
def test_file_with_a_wrong_mapping_is_refused(
    mapped: Mapped, tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    content = of_contoso({name: value for name, value in {**MAPPING, **changes}.items() if value is not None})
    answer = refused(mapped, tmp_path, content)
    assert words in answer


@pytest.mark.parametrize(
    "changes",
    [{"connection": "Unknown"}, {"application": "unknown-app"}, {"role": "unknown"}, {"role": "auditor"}],
    ids=lambda value: "-".join(value.values()),
)
def test_file_that_maps_what_is_not_there_changes_nothing(
    mapped: Mapped, tmp_path: Path, changes: dict[str, str]
) -> None:
    answer = refused(mapped, tmp_path, of_contoso(MAPPING, {**MAPPING, **changes}))
    assert "Nothing was changed" in answer
    with mapped.cast.app.app_context():
        assert db.session.scalars(sa.select(RoleMapping)).all() == []


def test_demo_maps_two_groups_and_one_app_role(mapped: Mapped, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in DEMO_SECRETS.items():
        monkeypatch.setenv(name, value)
    with mapped.cast.app.app_context():
        with unit_of_work():
            actions.apply(load(COMPANIES))
        kinds = db.session.scalars(sa.select(RoleMapping.kind).order_by(RoleMapping.kind)).all()
    assert kinds == ["app_role", "group", "group"]


def test_guide_gives_the_real_limits() -> None:
    assert f"for up to {KEPT_FOR.total_seconds() / 3600:.0f} hours" in GUIDE
    assert f"of {WAIT_SECONDS:.0f} seconds at most" in GUIDE
    assert f"lists at most {MOST_GROUPS} groups" in GUIDE
