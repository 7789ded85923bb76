"""The branding in a companies file."""

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.cli.companies_file import actions
from app.cli.companies_file.schema import FileError, load
from app.companies.models import Company
from app.core.branding import Background, Branding
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from demo.__main__ import COMPANIES
from tests.companies.test_branding_images import wordmark


def write(folder: Path, **branding: Any) -> Path:
    (folder / "logo.png").write_bytes(wordmark("#101010"))
    (folder / "logo.svg").write_bytes(b"<svg/>")
    file = folder / "companies.json"
    file.write_text(json.dumps({"companies": [{"code": "contoso", "name": "Contoso", "branding": branding}]}))
    return file


def apply(app: Flask, file: Path) -> list[str]:
    with app.app_context(), unit_of_work():
        return actions.apply(load(file))


def saved(app: Flask) -> Branding:
    with app.app_context():
        return db.session.scalars(sa.select(Company.branding)).one()


def test_branding_is_applied_once_and_changes_only_what_is_set(app: Flask, tmp_path: Path) -> None:
    file = write(tmp_path, logo="logo.png", accent="#0B1F4D", background="plain", support_contact="it@contoso.example")
    assert any("branding logo" in line for line in apply(app, file))
    first = saved(app)
    assert (first.accent, first.accent_dark, first.background) == ("#0b1f4d", "#4b6599", Background.PLAIN)
    assert first.logo_hash
    assert apply(app, file) == []
    apply(app, write(tmp_path, display_name="Contoso Group"))
    after = saved(app)
    assert (after.display_name, after.logo_hash, after.accent) == ("Contoso Group", first.logo_hash, "#0b1f4d")


@pytest.mark.parametrize(
    ("branding", "fault"),
    [
        ({"logo": "none.png"}, "branding.logo: none.png: can’t be read"),
        ({"logo": "logo.svg"}, "branding.logo: logo.svg: SVG files"),
        ({"logo": 1}, "branding.logo: must be the path"),
        ({"accent": "#ffffff"}, "branding.accent: This color is hard to see"),
        ({"accent": "red;}"}, "branding.accent: Enter a color"),
        ({"accent_dark": "#ffffff"}, "branding: set accent"),
        ({"background": "image"}, "branding: set background_image"),
        ({"legal_url": "javascript:alert(1)"}, "branding.legal_url: Enter a full address"),
        ({"banner": "x"}, "branding.banner: unknown key"),
    ],
)
def test_fault_is_named_with_its_place(tmp_path: Path, branding: dict[str, Any], fault: str) -> None:
    with pytest.raises(FileError, match="companies") as refused:
        load(write(tmp_path, **branding))
    assert fault in str(refused.value)


def test_companies_of_the_demo_look_nothing_alike() -> None:
    looks = [company.branding for company in load(COMPANIES).companies if company.branding]
    assert len({look.accent for look in looks}) == len({look.logo.hash for look in looks if look.logo}) == 3
