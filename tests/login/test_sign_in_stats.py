"""Sign-ins by day, for owners and admins."""

from datetime import timedelta

import time_machine

from app.core.database import now
from app.login.stats.sign_in_stats import sign_in_stats
from tests.assertions import queries
from tests.cast import ALICE, OWNER_PASSWORD, Cast

PAGE = "/account/advanced/sign-ins"


def test_sign_ins_and_refusals_are_counted_by_day_and_by_reason(cast: Cast) -> None:
    alice = cast.alice()
    with time_machine.travel(now() - timedelta(days=3)):
        for password in (OWNER_PASSWORD, "wrong", "wrong again"):
            given = {"email": "owner@contoso.example", "password": password}
            cast.browser().post_form("/login/contoso/password", page="/login/contoso", **given)
    with cast.app.app_context(), queries(cast.app) as sent:
        found = sign_in_stats(cast.person(ALICE).company_id, now().date())
    assert len(sent) == 2, "who Alice is, and the tally"
    counted = {(now().date() - one.day).days: (one.admitted, one.refused) for one in found.days}
    assert (counted[0], counted[3], counted[1]) == ((1, 0), (1, 2), (0, 0))
    assert found.reasons == [("wrong_password", 2)]
    page = alice.get(PAGE).text
    assert "Wrong password" in page
    assert "1 successful, 2 failed" in page


def test_what_happens_elsewhere_is_not_counted(cast: Cast) -> None:
    alice = cast.alice()
    cast.charlie()
    with cast.app.app_context():
        found = sign_in_stats(cast.person(ALICE).company_id, now().date())
    assert sum(one.admitted for one in found.days) == 1
    assert "No failures." in alice.get(PAGE).text
