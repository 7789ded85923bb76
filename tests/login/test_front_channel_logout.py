"""Microsoft's front-channel logout: a GET with `sid`, in a frame and without cookies."""

import pytest
import sqlalchemy as sa

from app.connections.models import Draft
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.sessions.models import EndReason, Session
from tests.applications.client import register
from tests.applications.signing_out import deliveries
from tests.assertions import audit_entries, rows, written
from tests.browser import Browser
from tests.cast import ALICE, CHARLIE, Cast
from tests.directory import CONTOSO, Account


def address(connection: str) -> str:
    return f"/auth/{connection}/front-channel-logout"


def session_of(cast: Cast, account: Account) -> Session:
    with cast.app.app_context():
        query = sa.select(Session).where(Session.person_id == cast.person(account).id)
        return db.session.scalars(query.order_by(Session.id.desc()).limit(1)).one()


def sid_of(cast: Cast, account: Account) -> str:
    found = session_of(cast, account).microsoft_sid
    assert found
    return found


@pytest.fixture
def alice(cast: Cast) -> Browser:
    return cast.alice()


def test_session_with_microsofts_sid_ends(cast: Cast, alice: Browser) -> None:
    response = cast.browser().get(address(cast.contoso_connection), query_string={"sid": sid_of(cast, ALICE)})
    assert (response.status_code, response.text) == (200, "")
    assert alice.get("/account").status_code == 302
    ended = session_of(cast, ALICE)
    assert ended.end_reason == EndReason.MICROSOFT
    (entry,) = audit_entries(cast.app, "session.ended")
    assert (entry.subject_id, entry.actor_id, entry.detail["session"]) == (ended.person_id, None, str(ended.id))
    returning = alice.get("/login?next=/account", follow_redirects=True)
    assert "You signed out of Microsoft" in returning.text


def test_repeated_request_ends_nothing_more(cast: Cast, alice: Browser) -> None:
    sid = sid_of(cast, ALICE)
    for _ in range(2):
        assert cast.browser().get(address(cast.contoso_connection), query_string={"sid": sid}).status_code == 200
    assert len(audit_entries(cast.app, "session.ended")) == 1


def test_response_may_be_framed_by_microsoft_alone_and_sets_no_cookie(cast: Cast, alice: Browser) -> None:
    for sid in (sid_of(cast, ALICE), "unknown"):
        headers = cast.browser().get(address(cast.contoso_connection), query_string={"sid": sid}).headers
        assert headers["Content-Security-Policy"] == f"default-src 'none'; frame-ancestors {cast.directory.origin}"
        assert "X-Frame-Options" not in headers
        assert "Set-Cookie" not in headers
        assert headers["Cache-Control"] == "no-store"
    assert alice.get("/account").headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("sid", [None, "", "unknown", "%"])
def test_other_sid_ends_nothing(cast: Cast, alice: Browser, sid: str | None) -> None:
    before = rows(cast.app)
    response = cast.browser().get(
        address(cast.contoso_connection), query_string={"sid": sid} if sid is not None else {}
    )
    assert response.status_code == 200
    assert written(before, rows(cast.app)) == {}
    assert alice.get("/account").status_code == 200


def test_sessions_of_other_connections_with_the_same_sid_stay(cast: Cast, alice: Browser) -> None:
    """Each tenant has its own sids, so one that controls its directory can name any."""
    charlie = cast.charlie()
    sid = sid_of(cast, ALICE)
    with cast.app.app_context(), unit_of_work():
        db.session.execute(sa.update(Session).values(microsoft_sid=sid))
    assert cast.browser().get(address(cast.fabrikam_connection), query_string={"sid": sid}).status_code == 200
    assert alice.get("/account").status_code == 200
    assert charlie.get("/account").status_code == 302
    assert session_of(cast, CHARLIE).end_reason == EndReason.MICROSOFT


def test_sessions_of_other_browsers_stay(cast: Cast, alice: Browser) -> None:
    sid = sid_of(cast, ALICE)
    other = cast.alice()
    assert sid_of(cast, ALICE) != sid
    cast.browser().get(address(cast.contoso_connection), query_string={"sid": sid})
    assert alice.get("/account").status_code == 302
    assert other.get("/account").status_code == 200


def test_password_session_has_no_sid_to_match(cast: Cast, alice: Browser) -> None:
    with cast.app.app_context(), unit_of_work():
        db.session.execute(sa.update(Session).values(microsoft_sid=None))
    for sid in ("", "None", "null"):
        cast.browser().get(address(cast.contoso_connection), query_string={"sid": sid})
    assert alice.get("/account").status_code == 200


def test_unknown_connection_is_not_found(cast: Cast) -> None:
    assert cast.browser().get(address("2222222222zz"), query_string={"sid": "x"}).status_code == 404


def test_head_ends_nothing(cast: Cast, alice: Browser) -> None:
    sid = sid_of(cast, ALICE)
    assert cast.browser().head(address(cast.contoso_connection), query_string={"sid": sid}).status_code == 405
    assert alice.get("/account").status_code == 200


def test_applications_of_the_session_are_notified(cast: Cast, alice: Browser) -> None:
    notified = register(cast.app, "Told", backchannel_logout_uri="https://app.example/logout")
    hint = notified.verified(notified.tokens(alice)["id_token"])
    cast.browser().get(address(cast.contoso_connection), query_string={"sid": sid_of(cast, ALICE)})
    (row,) = deliveries(cast)
    assert (row.client_id, row.sid) == (notified.client_id, hint["sid"])


def test_inactive_connection_still_ends_sessions(cast: Cast, alice: Browser) -> None:
    sid = sid_of(cast, ALICE)
    with cast.app.app_context(), unit_of_work():
        connection = db.session.scalars(sa.select(Draft).where(Draft.tenant == CONTOSO)).one().connection
        assert connection
        db.session.execute(sa.update(type(connection)).values(is_enabled=False))
    cast.browser().get(address(cast.contoso_connection), query_string={"sid": sid})
    assert alice.get("/account").status_code == 302
