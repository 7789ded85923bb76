"""Names with direction overrides, invisible names and right-to-left names: on pages and in emails."""

import io
import re

import pytest
import sqlalchemy as sa

from app.companies.models import Company
from app.core import email
from app.core.database import db
from app.core.email_look import PORTICO
from app.core.unit_of_work import unit_of_work
from app.settings import ROOT
from tests.accounts import person
from tests.cast import BOB, Cast
from tests.directory import CONTOSO
from tests.mail_server import LocalMailServer
from tests.tasks import run_tasks

OVERRIDE = "Ann \u202egpj.exe"
ARABIC = "محمد (Sales) بن سلمان"
ISOLATED = f"\u2068{ARABIC}\u2069"
NOTHING = "\u200b\u200d\u2060"
BIDI_CONTROLS = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067")
NEW = "new@contoso.example"


def name_bob(cast: Cast, name: str) -> None:
    """As in a row written before names were sanitized."""
    with cast.app.app_context(), unit_of_work():
        cast.person(BOB).name = name


PAGES = ("/people", "/people/{bob}", "/people/{bob}/delete", "/audit")


@pytest.mark.parametrize("path", PAGES)
def test_stored_override_has_no_effect_on_page(cast: Cast, path: str) -> None:
    alice, _ = cast.alice(), cast.bob()
    name_bob(cast, OVERRIDE)
    page = alice.get(path.format(bob=cast.person_id(BOB))).text
    assert "Ann gpj.exe" in page
    assert not BIDI_CONTROLS & set(page)


@pytest.mark.parametrize("path", PAGES)
def test_right_to_left_name_is_complete_and_isolated(cast: Cast, path: str) -> None:
    alice, _ = cast.alice(), cast.bob()
    name_bob(cast, ARABIC)
    page = alice.get(path.format(bob=cast.person_id(BOB))).text
    assert page.count(ARABIC) == page.count(ISOLATED) > 0


def test_names_joined_in_templates_are_isolated() -> None:
    joined = re.compile(r"~ [\w.]*(?:name|email|person|search)(?![\w.]|\|isolate)|[( ][\w.]*(?:name|email) ~")
    pages = {str(path): path.read_text() for path in (ROOT / "templates").rglob("*.html")}
    assert [(path, found[0]) for path, page in pages.items() for found in joined.finditer(page)] == []


def test_company_name_is_isolated_on_its_login_page(cast: Cast) -> None:
    with cast.app.app_context(), unit_of_work():
        db.session.execute(sa.update(Company).values(name=ARABIC))
    page = cast.browser().get("/login/contoso").text
    assert page.count(ARABIC) == page.count(ISOLATED) > 0


def test_name_is_isolated_in_email_and_subject(cast: Cast, mail_server: LocalMailServer) -> None:
    with cast.app.app_context(), unit_of_work():
        db.session.execute(sa.update(Company).values(name=ARABIC))
    alice = cast.alice()
    alice.post_form("/people/invite", page="/people/invite", email=NEW, name=ARABIC, role="member", method="any")
    run_tasks(cast.app)
    (text,), (subject,) = mail_server.texts(), mail_server.subjects()
    assert text.count(ARABIC) == text.count(ISOLATED) > 0
    assert ISOLATED in subject


def test_subject_contains_no_override(cast: Cast, mail_server: LocalMailServer) -> None:
    with cast.app.app_context():
        email.send_email(
            [email.Recipient(NEW)],
            f"About {OVERRIDE}",
            "email/reset.txt",
            PORTICO,
            name="x",
            code="x",
            key="x",
        )
    run_tasks(cast.app)
    assert mail_server.subjects() == ["About Ann gpj.exe"]


@pytest.mark.parametrize("name", [NOTHING, "\u3164", "\u202e\u2066"], ids=ascii)
def test_email_address_replaces_invisible_name_from_directory(cast: Cast, name: str) -> None:
    cast.directory.drill("id_token", alg="RS256", claims={"name": name, "preferred_username": "bob@contoso.example"})
    cast.directory.drill("graph_down")
    cast.browser().sign_in_as(BOB, "contoso", cast.directory)
    with cast.app.app_context():
        assert cast.person(BOB).name == "bob@contoso.example"


def test_invisible_profile_name_keeps_previous_name(cast: Cast) -> None:
    cast.bob()
    with cast.app.app_context():
        before = cast.person(BOB).name
    cast.directory.person(CONTOSO, BOB.oid, name=NOTHING)
    cast.bob()
    run_tasks(cast.app)
    with cast.app.app_context():
        assert cast.person(BOB).name == before


def test_name_from_form_is_sanitized_and_must_be_visible(cast: Cast) -> None:
    alice = cast.alice()
    given = {"page": "/people/invite", "email": NEW, "role": "member", "method": "any"}
    assert alice.post_form("/people/invite", name=NOTHING, **given).status_code == 422
    assert alice.post_form("/people/invite", name=f" {OVERRIDE}\n Smith", **given).status_code == 200
    assert person(cast.app, NEW).name == "Ann gpj.exe Smith"


def test_name_from_file_is_sanitized_or_taken_from_address(cast: Cast) -> None:
    alice = cast.alice()
    content = f"email,name\na@contoso.example,{OVERRIDE}\nb@contoso.example,{NOTHING}\n"
    file = (io.BytesIO(content.encode()), "\u202epeople.csv")
    response = alice.post("/people/import", data={"csrf_token": alice.csrf("/account"), "method": "any", "file": file})
    assert response.status_code == 303
    run_tasks(cast.app)
    assert person(cast.app, "a@contoso.example").name == "Ann gpj.exe"
    assert person(cast.app, "b@contoso.example").name == "b"


def test_user_agent_is_sanitized(cast: Cast) -> None:
    browser = cast.browser()
    browser.environ_base["HTTP_USER_AGENT"] = "\u202eFirefox\u200b\x85".encode().decode("latin-1")
    browser.sign_in_as(BOB, "contoso", cast.directory)
    with cast.app.app_context():
        agent = db.session.execute(sa.text("SELECT user_agent FROM session")).scalar_one()
    assert agent.isprintable()


def test_note_keeps_its_lines_and_no_direction_marks(cast: Cast) -> None:
    alice = cast.alice()
    page = alice.get("/account/advanced/login-page").text
    path = re.findall(r"/account/advanced/login-page/[0-9a-f-]{36}", page)[0]
    saved = alice.post_form(f"{path}/save", page=path, code="contoso", location="", note="One\r\n\u202eTwo\x07")
    assert saved.status_code == 303
    with cast.app.app_context():
        notes = db.session.execute(sa.text("SELECT note FROM login_page WHERE code = 'contoso'")).scalar_one()
    assert notes == "One\nTwo"
