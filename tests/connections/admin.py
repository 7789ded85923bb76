"""An admin on the Advanced options pages: helpers for tests of connections."""

import re
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from werkzeug.test import TestResponse

from app.connections.models import Draft
from app.core.database import db
from tests.browser import Browser, pick
from tests.cast import Cast
from tests.directory import Account

AD = "/account/advanced/active-directory"


@dataclass(frozen=True)
class Admin:
    """An admin who edits one draft."""

    cast: Cast
    browser: Browser
    draft_id: UUID

    @property
    def path(self) -> str:
        return f"{AD}/{self.draft_id}"

    def draft(self) -> Draft:
        """Fresh from the database; inside an application context."""
        return db.session.scalars(sa.select(Draft).where(Draft.id == self.draft_id)).one()

    def save(self, **fields: str) -> TestResponse:
        """Submits the form with its current values and these changes."""
        with self.cast.app.app_context():
            draft = self.draft()
            values = {
                "version": str(draft.version),
                "title": draft.title,
                "tenant": draft.tenant,
                "client_id": draft.client_id,
                "flow": draft.flow,
                "button_label": draft.button_label,
            }
            values.update({name: "y" for name in ("create_people", "allow_guests") if getattr(draft, name)})
        return self.press("save", **{**values, **fields})

    def press(self, action: str, **fields: str) -> TestResponse:
        return self.browser.post_form(f"{self.path}/{action}", page=AD, **fields)

    def registration_page(self) -> str:
        """The page that says what to enter at Microsoft: of a draft its step, otherwise the connection's own."""
        step = self.browser.get(f"{self.path}/register")
        return step.text if step.status_code == 200 else self.browser.get(self.path).text

    def register(self) -> None:
        """Enters the draft's redirect URI at Microsoft."""
        with self.cast.app.app_context():
            draft = self.draft()
            uri = self.cast.app.config["BASE_URL"] + draft.redirect_path
            self.cast.directory.register(
                draft.tenant, draft.client_id, **{"spa" if draft.flow == "spa" else "web": [uri]}
            )

    def test(self, account: Account) -> str:
        """A test sign-in of the server flow; the report's page."""
        started = self.press("test/start")
        if started.headers["Location"].startswith(self.path):
            return self.browser.get(f"{self.path}/test").text
        back = self.browser.get(pick(self.cast.directory, started.headers["Location"], account))
        assert back.status_code == 303, back.status
        return self.browser.get(back.headers["Location"]).text


def states(page: str) -> dict[str, str]:
    """Each step's title on a report, with its outcome."""
    found = re.findall(r'class="step step-(\w+)".*?class="line-title">([^<]+)<', page, re.DOTALL)
    return {title: state for state, title in found}


def new_connection(cast: Cast, browser: Browser, *, title: str = "A connection", flow: str = "server") -> Admin:
    made = browser.post_form(f"{AD}/new", page=AD, title=title, flow=flow)
    assert made.status_code == 303, made.text
    return Admin(cast, browser, UUID(made.headers["Location"].split("/")[-2]))


def contoso_admin(cast: Cast, browser: Browser) -> Admin:
    """Edits the connection that Contoso starts with."""
    with cast.app.app_context():
        draft = db.session.scalars(sa.select(Draft).where(Draft.public_id == cast.contoso_connection)).one()
        return Admin(cast, browser, draft.id)
