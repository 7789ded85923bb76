"""A company that is being deleted is closed to applications, which are notified of every session that ends."""

import sqlalchemy as sa

from app.applications.backchannel.models import LogoutDelivery
from app.core.database import db, now
from app.core.unit_of_work import unit_of_work
from tests.applications.client import Client, returned
from tests.applications.people import Session
from tests.applications.protected import protect
from tests.applications.receiver import Receiver
from tests.cast import Cast
from tests.deletion import PAGE, after, company, start, worker
from tests.tasks import run_tasks


def test_applications_are_closed_and_notified(cast: Cast, owner: Session, notified: Client, receiver: Receiver) -> None:
    tokens = notified.tokens(owner.browser, scope="openid offline_access")
    visit = protect(cast.app).sign_in(owner.browser)
    assert visit.check().status_code == 204
    start(owner.browser)
    run_tasks(cast.app)
    assert len(receiver.claims(notified)) == 1
    assert visit.check().status_code in (401, 403)
    assert notified.userinfo(tokens["access_token"]).status_code == 401
    assert notified.refresh(tokens["refresh_token"]).status_code == 400
    assert returned(notified.authorize(owner.browser, prompt="none"))["error"] == "access_denied"
    assert notified.page(owner.browser).startswith("/apps/")
    owner.browser.post_form(f"{PAGE}/keep", page=PAGE)
    assert notified.tokens(owner.browser)["id_token"]


def test_applications_are_notified_before_what_that_takes_is_deleted(
    cast: Cast, owner: Session, notified: Client, receiver: Receiver
) -> None:
    notified.tokens(owner.browser)
    receiver.statuses = [503]
    start(owner.browser)
    with after(6.5):
        worker(cast.app)
    with after(8):
        # What was begun with the old cookie before the deletion ended it.
        with cast.app.app_context(), unit_of_work():
            db.session.execute(sa.update(LogoutDelivery).values(finished_at=None, next_try_at=now()))
        worker(cast.app)
        assert company(cast.app)
        run_tasks(cast.app)
        with cast.app.app_context(), unit_of_work():
            db.session.execute(sa.update(LogoutDelivery).values(finished_at=now()))
        worker(cast.app)
        assert company(cast.app) is None
