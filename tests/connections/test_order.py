"""The order of a company's connections, and which of them are active."""

import re

import sqlalchemy as sa

from app.connections.models import Draft
from app.connections.steps.views import NEW_TITLE
from app.core.database import db
from tests.browser import BUTTON, Browser
from tests.cast import Cast
from tests.connections.admin import AD, Admin


def admin_of(cast: Cast, browser: Browser, title: str) -> Admin:
    with cast.app.app_context():
        draft_id = db.session.scalars(sa.select(Draft.id).where(Draft.title == title)).one()
    return Admin(cast, browser, draft_id)


def order(browser: Browser) -> list[str]:
    titles = rf'class="line-title"><a href="[^"]+">(Contoso staff|{NEW_TITLE})<'
    return re.findall(titles, browser.get(AD).text)


def test_connection_moved_up_stays_there(cast: Cast) -> None:
    alice = cast.alice()
    assert alice.post_form(f"{AD}/new", page="/account", title=NEW_TITLE, flow="server").status_code == 303
    assert order(alice) == ["Contoso staff", NEW_TITLE]
    assert admin_of(cast, alice, NEW_TITLE).press("up").status_code == 303
    assert order(alice) == [NEW_TITLE, "Contoso staff"]


def test_inactive_connection_is_on_no_login_page(cast: Cast) -> None:
    staff = admin_of(cast, cast.alice(), "Contoso staff")
    assert BUTTON.search(cast.browser().get("/login/contoso").text)
    assert staff.press("enabled", enabled="no").status_code == 409
    assert BUTTON.search(cast.browser().get("/login/contoso").text), "deactivating asks first"
    assert staff.press("enabled", enabled="no", confirmed="yes").status_code == 303
    assert not BUTTON.search(cast.browser().get("/login/contoso").text)
    assert staff.press("enabled", enabled="yes").status_code == 303
    assert BUTTON.search(cast.browser().get("/login/contoso").text)
