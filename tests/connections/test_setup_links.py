"""A setup link for a person without an account: it configures one connection and grants no other access."""

import re
from html import unescape

import pytest
import requests
import sqlalchemy as sa
import time_machine
from werkzeug.test import TestResponse

from app.audit.models import AuditEntry
from app.connections.models import SetupLink
from app.core.database import db, now
from app.core.unit_of_work import unit_of_work
from app.people.models import Role
from tests.browser import Browser
from tests.cast import ALICE, Cast
from tests.connections.admin import Admin, contoso_admin, new_connection
from tests.directory import CONTOSO, CONTOSO_CLIENT, CONTOSO_SECRET, FABRIKAM

SECRET = "a-secret-from-it"


def link(admin: Admin, days: str = "7") -> str:
    """The path of a new link."""
    page = admin.press("links", days=days)
    assert page.status_code == 200, page.status
    assert page.headers["Cache-Control"] == "no-store"
    found = re.search(r"<code>http://localhost:5000(/setup\?key=[\w-]{43})</code>", page.text)
    assert found
    return found[1]


def fill(browser: Browser, path: str, **fields: str) -> int:
    """Submits the form behind a link with its current values and these changes."""
    page = browser.opened(path)
    shown = dict(
        re.findall(r'id="(version|tenant|client_id)"[^>]* value="([^"]*)"', browser.get(values_step(page)).text)
    )
    return browser.post_form(action(page, "save"), page=values_step(page), **{**shown, **fields}).status_code


def values_step(page: str) -> str:
    """The step with the form."""
    return f"{page}&step=values"


def action(page: str, name: str) -> str:
    """The URL to which one of the page's forms is posted."""
    return page if name == "save" else page.replace("/setup?", f"/setup-{name}?")


def token_of(path: str) -> str:
    return path.partition("key=")[2]


def plain(response: TestResponse) -> str:
    """A page without the parts that differ in each response."""
    return re.sub('nonce="[^"]+"', "", response.text)


def revoke(admin: Admin) -> int:
    with admin.cast.app.app_context():
        link_id = db.session.scalars(sa.select(SetupLink.id)).one()
    return admin.press(f"links/{link_id}/revoke").status_code


def test_colleague_without_account_sets_up_connection(cast: Cast) -> None:
    admin = new_connection(cast, cast.alice())
    path, colleague = link(admin), cast.browser()
    page = unescape(colleague.get(path, follow_redirects=True).text)
    assert "Connect Microsoft Entra ID for Contoso" in page
    assert "Adaeze Okonkwo asked you" in page
    assert "az ad app create" in page
    saved = fill(
        colleague, path, tenant=CONTOSO, client_id=CONTOSO_CLIENT, secret=CONTOSO_SECRET, secret_expires="2027-10-01"
    )
    assert saved == 303
    assert "We’ve told Adaeze Okonkwo" in colleague.get(path, follow_redirects=True).text
    with cast.app.app_context():
        draft = admin.draft()
        assert (draft.tenant, draft.client_id, draft.connection) == (CONTOSO, CONTOSO_CLIENT, None)
        assert [one.secret for one in draft.new_credentials] == [CONTOSO_SECRET]
    admin.register()
    admin.test(ALICE)
    assert admin.press("activate").status_code == 303


def test_domain_is_accepted_as_tenant(cast: Cast) -> None:
    admin = new_connection(cast, cast.alice())
    assert fill(cast.browser(), link(admin), tenant="contoso.example", client_id=CONTOSO_CLIENT) == 303
    with cast.app.app_context():
        assert admin.draft().tenant == CONTOSO


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"tenant": "common"}, "aren’t a specific directory"),
        ({"tenant": "x"}, "Enter a tenant ID"),
        ({"client_id": "x"}, "Enter an application (client) ID"),
        ({"client_id": CONTOSO}, "That’s the directory (tenant) ID"),
        ({"secret": CONTOSO_CLIENT, "secret_expires": "2027-10-01"}, "That’s the Secret ID"),
        ({"secret": SECRET}, "Enter the expiry date"),
        ({"secret": SECRET, "secret_expires": "2020-01-01"}, "in the past"),
    ],
)
def test_link_form_validates_like_admin_form(cast: Cast, fields: dict[str, str], expected: str) -> None:
    admin = contoso_admin(cast, cast.alice())
    path, colleague = link(admin), cast.browser()
    values = {"tenant": CONTOSO, "client_id": CONTOSO_CLIENT, "version": "1", **fields}
    page = colleague.opened(path)
    response = colleague.post_form(action(page, "save"), page=values_step(page), **values)
    assert response.status_code == 422
    assert expected in unescape(response.text)
    assert SECRET not in response.text


def test_stored_secrets_are_never_shown_and_blank_keeps_them(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    path, colleague = link(admin), cast.browser()
    assert CONTOSO_SECRET not in colleague.get(path, follow_redirects=True).text
    assert fill(colleague, path) == 303
    with cast.app.app_context():
        assert [one.secret for one in admin.draft().credentials] == [CONTOSO_SECRET]


def test_only_ids_and_secret_can_be_changed(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    more = {"title": "Mine", "flow": "spa", "button_label": "Mine", "create_people": "", "allow_guests": "y"}
    assert fill(cast.browser(), link(admin), tenant=FABRIKAM, **more) == 303
    with cast.app.app_context():
        draft = admin.draft()
        assert (draft.title, draft.flow, draft.allow_guests, draft.tenant) == (
            "Contoso staff",
            "server",
            False,
            FABRIKAM,
        )
        assert draft.connection is not None
        assert draft.connection.tenant == CONTOSO


def test_concurrent_edit_is_reported_to_second_person(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    path, colleague = link(admin), cast.browser()
    page = colleague.opened(path)
    admin.save(tenant=FABRIKAM)
    stale = {"version": "1", "tenant": CONTOSO, "client_id": CONTOSO_CLIENT}
    response = colleague.post_form(action(page, "save"), page=values_step(page), **stale)
    assert response.status_code == 409
    assert FABRIKAM in response.text
    assert fill(colleague, path, tenant=CONTOSO) == 303


def test_link_gives_no_other_access(cast: Cast) -> None:
    alice = cast.alice()
    first, second = contoso_admin(cast, alice), new_connection(cast, alice)
    path, colleague = link(second), cast.browser()
    assert fill(colleague, path, tenant=FABRIKAM, client_id=CONTOSO_CLIENT) == 303
    with cast.app.app_context():
        assert first.draft().tenant == CONTOSO
        assert second.draft().tenant == FABRIKAM
    for address in ("/account", "/people", first.path, second.path, f"{second.path}/test"):
        assert colleague.get(address).status_code == 302
    for action in ("save", "activate", "test/start", "links", "certificate"):
        assert colleague.post_form(f"{second.path}/{action}", page="/login/contoso").status_code == 401


def test_audit_log_names_link_for_everything_done_through_it(cast: Cast) -> None:
    admin = new_connection(cast, cast.alice())
    path = link(admin)
    fill(cast.browser(), path, tenant=CONTOSO, client_id=CONTOSO_CLIENT, secret=SECRET, secret_expires="2027-10-01")
    revoke(admin)
    with cast.app.app_context():
        link_id = str(db.session.scalars(sa.select(SetupLink.id)).one())
        entries = [
            (entry.event, entry.actor_id is None)
            for entry in db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id))
            if entry.detail.get("setup_link") == link_id
        ]
        everything = str([entry.detail for entry in db.session.scalars(sa.select(AuditEntry))])
    assert entries == [
        ("setup_link.made", False),
        ("connection.changed", True),
        ("credential.added", True),
        ("setup_link.revoked", False),
    ]
    assert SECRET not in everything
    assert token_of(path) not in everything


def test_token_is_shown_once_and_never_stored(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    token = token_of(link(admin))
    assert token not in admin.browser.get(admin.path).text
    with cast.app.app_context():
        assert token not in str(db.session.execute(sa.select(SetupLink.__table__)).all())


def test_links_are_listed_with_creator_and_last_use(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    path = link(admin)
    assert "Last used" in admin.browser.get(admin.path).text
    assert "never</span>" in admin.browser.get(admin.path).text
    cast.browser().opened(path)
    page = admin.browser.get(admin.path).text
    assert "Created by Adaeze Okonkwo" in page
    assert "never</span>" not in page


def test_revoked_link_says_it_was_revoked(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    path, colleague = link(admin), cast.browser()
    page = colleague.opened(path)
    assert revoke(admin) == 303
    for browser in (colleague, cast.browser()):
        response = browser.get(path, follow_redirects=True)
        assert response.status_code == 410
        assert "This link was revoked" in response.text
    for name in ("save", "consent"):
        assert colleague.post_form(action(page, name), page="/login/contoso").status_code == 410
    assert "Created by" not in admin.browser.get(admin.path).text


def test_unknown_link_explains_what_may_be_wrong(cast: Cast) -> None:
    response = cast.browser().get("/setup?key=made-up", follow_redirects=True)
    assert response.status_code == 404
    assert "Part of it may be missing" in response.text


@pytest.mark.parametrize("days", ["1", "7", "30"])
def test_link_expires_on_its_day(cast: Cast, days: str) -> None:
    admin = contoso_admin(cast, cast.alice())
    path = link(admin, days)
    ends = now().timestamp() + int(days) * 24 * 3600
    with time_machine.travel(ends - 60):
        assert cast.browser().get(path, follow_redirects=True).status_code == 200
    with time_machine.travel(ends + 60):
        assert cast.browser().get(path, follow_redirects=True).status_code == 410


def test_other_lifetimes_are_rejected(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    for days in ("365", "-1", "x", ""):
        assert admin.press("links", days=days).status_code == 400


def test_link_expires_when_its_creator_loses_rights(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    path = link(admin)
    with cast.app.app_context(), unit_of_work():
        cast.person(ALICE).role = Role.MEMBER
    assert cast.browser().get(path, follow_redirects=True).status_code == 410


def test_outsiders_and_members_cannot_create_or_revoke_links(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    link(admin)
    with cast.app.app_context():
        link_id = db.session.scalars(sa.select(SetupLink.id)).one()
    charlie, bob = cast.charlie(), cast.bob()
    for action in ("links", f"links/{link_id}/revoke"):
        assert charlie.post_form(f"{admin.path}/{action}", page="/account").status_code == 404
        assert bob.post_form(f"{admin.path}/{action}", page="/account").status_code == 403
    charlies = new_connection(cast, charlie)
    assert charlies.press(f"links/{link_id}/revoke").status_code == 404


def test_setup_page_is_not_cached_or_indexed(cast: Cast) -> None:
    response = cast.browser().get(link(contoso_admin(cast, cast.alice())), follow_redirects=True)
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert response.headers["Referrer-Policy"] == "same-origin"


def test_guessing_links_is_rate_limited(cast: Cast) -> None:
    browser = cast.browser()
    responses = [browser.get(f"/setup?key=guess-{number}", follow_redirects=True).status_code for number in range(40)]
    assert responses[0] == 404
    assert responses[-1] == 429


def test_admin_consent_works_through_link(cast: Cast) -> None:
    admin = contoso_admin(cast, cast.alice())
    path, colleague = link(admin), cast.browser()
    page = colleague.opened(path)
    address = colleague.post_form(action(page, "consent"), page=values_step(page)).headers["Location"]
    assert token_of(path) not in address
    back = requests.post(address, data={"consent": "accept"}, allow_redirects=False, timeout=10).headers["Location"]
    response = colleague.get(back.removeprefix("http://localhost:5000"))
    assert response.headers["Location"] == page
    assert "Admin consent granted" in colleague.get(path, follow_redirects=True).text
    with cast.app.app_context():
        entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.event == "consent.given")).one()
        assert entry.actor_id is None
        assert entry.detail["setup_link"]
