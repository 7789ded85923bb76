"""One owner at a time: races, subdomains, domains that are sold, and the daily check."""

from datetime import timedelta
from uuid import UUID

import dns.rcode
import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from app.cli import schedule
from app.companies import actions as companies
from app.companies.domains import actions, queries
from app.companies.domains.actions import CHECK_EVERY, LOST_AFTER
from app.companies.domains.models import Domain, State
from app.companies.domains.verification import Finding, Kind
from app.core.database import db, now
from app.core.unit_of_work import unit_of_work
from app.login.domains.check import check
from tests.at_once import at_once
from tests.cast import Cast
from tests.dns_server import NameServer
from tests.login.test_domains import DOMAINS, RECORD, add, domain, prove, value
from tests.login.test_domains import check as press_check
from tests.mail_server import LocalMailServer
from tests.tasks import run_tasks

DAYS = 86400


def claim(app: Flask, number: int, name: str = "contested.example") -> tuple[UUID, str]:
    """A company that claims a domain; the domain's id and token."""
    with app.app_context(), unit_of_work():
        company = companies.create(f"Company {number}", f"company-{number}")
        found, _ = actions.add(company.id, name)
        return found.id, found.token


def found(app: Flask, domain_id: UUID, token: str) -> str:
    with app.app_context(), unit_of_work():
        return actions.apply_check(domain_id, token, Finding(Kind.FOUND))


def owners(app: Flask) -> list[Domain]:
    with app.app_context():
        return list(db.session.scalars(sa.select(Domain).where(Domain.proven_at.is_not(None))))


def test_of_ten_companies_at_once_one_proves_the_domain(app: Flask) -> None:
    claims = [claim(app, number) for number in range(10)]
    effects = at_once([lambda one=one: found(app, *one) for one in claims])  # type: ignore[misc]
    assert sorted(effects) == ["none"] * 9 + ["proven"]
    assert len(owners(app)) == 1
    with app.app_context():
        kinds = sorted(one.finding["kind"] for one in queries.everything("contested.example") if one.finding)
    assert kinds == ["found"] + ["taken"] * 9


def test_of_a_wildcard_and_a_subdomain_at_once_one_wins(app: Flask) -> None:
    above, below = claim(app, 1), claim(app, 2, "sub.contested.example")
    found(app, *above)

    def include() -> str:
        with app.app_context(), unit_of_work():
            one = queries.by_id(above[0])
            assert one
            return "refused" if actions.change(one, includes_subdomains=True) else "proven"

    outcomes = at_once([include, lambda: found(app, *below)])
    assert sorted(outcomes) in (["none", "proven"], ["proven", "refused"])


def test_database_allows_one_owner(app: Flask) -> None:
    first, second = claim(app, 1), claim(app, 2)
    found(app, *first)
    with app.app_context(), pytest.raises(sa.exc.IntegrityError), unit_of_work():
        db.session.execute(sa.update(Domain).where(Domain.id == second[0]).values(proven_at=now()))


def test_second_company_is_refused_while_the_first_has_the_domain(cast: Cast, name_server: NameServer) -> None:
    prove(cast.alice(), name_server)
    charlie = cast.charlie()
    page = add(charlie)
    name_server.publish(RECORD, value(charlie, page))
    assert "Another company has proven this domain" in press_check(charlie, page)
    assert domain(cast).proven_at
    assert domain(cast, company="Fabrikam").proven_at is None


def test_record_that_was_replaced_meanwhile_proves_nothing(app: Flask) -> None:
    domain_id, token = claim(app, 1)
    with app.app_context(), unit_of_work():
        one = queries.by_id(domain_id)
        assert one
        actions.renew(one)
    assert found(app, domain_id, token) == "none"
    assert owners(app) == []


def test_subdomains_need_their_own_proof_or_the_wildcard(cast: Cast, name_server: NameServer) -> None:
    alice = cast.alice()
    page = prove(alice, name_server)
    with cast.app.app_context():
        assert queries.owner_of("ann@sales.contoso.example") is None
    assert alice.post_form(f"{page}/settings", page=page, includes_subdomains="y").status_code == 303
    with cast.app.app_context():
        for address in ("ann@sales.contoso.example", "ann@a.b.contoso.example", "ann@contoso.example"):
            owner = queries.owner_of(address)
            assert owner
            assert owner.code == "contoso"
        assert queries.owner_of("ann@xcontoso.example") is None


def test_subdomain_below_a_wildcard_is_taken(cast: Cast, name_server: NameServer) -> None:
    alice, charlie = cast.alice(), cast.charlie()
    page = prove(alice, name_server)
    alice.post_form(f"{page}/settings", page=page, includes_subdomains="y")
    theirs = add(charlie, "sub.contoso.example")
    name_server.publish("_portico-challenge.sub.contoso.example", value(charlie, theirs))
    assert "Another company has proven this domain" in press_check(charlie, theirs)


def test_wildcard_over_another_companys_subdomain_is_refused(cast: Cast, name_server: NameServer) -> None:
    alice, charlie = cast.alice(), cast.charlie()
    prove(charlie, name_server, "sub.contoso.example")
    page = prove(alice, name_server)
    refused = alice.post_form(f"{page}/settings", page=page, includes_subdomains="y")
    assert refused.status_code == 422
    assert "sub.contoso.example" in refused.text
    assert not domain(cast).includes_subdomains


@pytest.fixture
def proven(cast: Cast, name_server: NameServer) -> Cast:
    prove(cast.alice(), name_server)
    return cast


class Days:
    """Lets days go by, on each of which the worker checks."""

    def __init__(self, cast: Cast) -> None:
        self.app = cast.app
        self.start = now().timestamp()
        self.day = 0

    def go_by(self, number: int) -> None:
        for _ in range(number):
            self.day += 1
            # A minute later each day: the last check is then a whole day old.
            with time_machine.travel(self.start + self.day * (DAYS + 60), tick=False), self.app.app_context():
                schedule.check_proven_domains()
                run_tasks(self.app)


def test_record_is_checked_once_a_day(proven: Cast, name_server: NameServer) -> None:
    days = Days(proven)
    name_server.queries.clear()
    with proven.app.app_context():
        schedule.check_proven_domains()
        run_tasks(proven.app)
    assert name_server.queries == []
    days.go_by(1)
    assert name_server.queries == [RECORD]
    with time_machine.travel(days.start + DAYS + 120, tick=False), proven.app.app_context():
        schedule.check_proven_domains()
        run_tasks(proven.app)
    assert name_server.queries == [RECORD]


def test_domain_is_not_due_again_while_it_is_checked(proven: Cast, name_server: NameServer) -> None:
    enqueued = []

    def another_node() -> None:
        with proven.app.app_context():
            schedule.check_proven_domains()
            enqueued.append(proven.app.extensions["queue"].pending_count())

    name_server.meanwhile = another_node
    Days(proven).go_by(1)
    assert enqueued == [0]


def test_domain_is_lost_after_14_days_with_emails_on_the_way(
    proven: Cast, name_server: NameServer, mail_server: LocalMailServer
) -> None:
    days = Days(proven)
    old = domain(proven).token
    name_server.records.clear()
    days.go_by(1)
    assert domain(proven).state is State.MISSING
    assert mail_server.emails == []
    days.go_by(13)
    assert domain(proven).proven_at
    assert len({message["Subject"] for message in mail_server.emails}) == 1
    warnings = len(mail_server.emails)
    days.go_by(1)
    assert domain(proven).state is State.LOST
    assert domain(proven).token != old
    subjects = [message["Subject"] for message in mail_server.emails[warnings:]]
    assert set(subjects) == {"contoso.example is no longer your company’s on Portico"}
    assert warnings == 3 * len(subjects)
    with proven.app.app_context():
        assert queries.owner_of("ann@contoso.example") is None


def test_one_missing_answer_and_failures_lose_nothing(proven: Cast, name_server: NameServer) -> None:
    days = Days(proven)
    record = name_server.records.all()[RECORD]
    name_server.records.clear()
    days.go_by(1)
    assert domain(proven).state is State.MISSING
    name_server.rcode = dns.rcode.SERVFAIL
    days.go_by(30)
    assert domain(proven).proven_at
    name_server.rcode = None
    name_server.publish(RECORD, *record)
    days.go_by(1)
    assert domain(proven).state is State.PROVEN


def test_worker_that_was_down_loses_no_domain_at_once(proven: Cast, name_server: NameServer) -> None:
    days = Days(proven)
    name_server.records.clear()
    days.go_by(1)
    days.day += 60
    days.go_by(3)
    assert domain(proven).state is State.MISSING
    days.go_by(1)
    assert domain(proven).state is State.LOST


def test_sold_domain_goes_to_its_new_owner_and_the_old_record_revives_nothing(
    proven: Cast, name_server: NameServer, mail_server: LocalMailServer
) -> None:
    days = Days(proven)
    old = name_server.records.all()[RECORD]
    name_server.records.clear()
    days.go_by(16)
    assert domain(proven).state is State.LOST
    charlie = proven.charlie()
    page = add(charlie)
    name_server.publish(RECORD, value(charlie, page), *old)
    press_check(charlie, page)
    assert domain(proven, company="Fabrikam").proven_at
    with proven.app.app_context():
        check(domain(proven))
    assert domain(proven).state is State.LOST
    assert domain(proven).finding
    assert domain(proven).finding["kind"] == Kind.OLD_TOKEN  # type: ignore[index]


def test_trailing_dot_and_capitals_are_the_same_domain(cast: Cast) -> None:
    alice = cast.alice()
    assert add(alice) == add(alice, "CONTOSO.EXAMPLE.")
    assert alice.get(DOMAINS).text.count("Not proven yet") == 1


def test_homograph_is_another_domain_and_shown_as_such(proven: Cast) -> None:
    charlie = proven.charlie()
    page = add(charlie, "\u0441ontoso.example")
    assert "xn--ontoso-hrf.example" in charlie.get(page).text
    assert "xn--ontoso-hrf.example" in charlie.get(DOMAINS).text


def test_grace_is_longer_than_the_interval_of_checks() -> None:
    assert LOST_AFTER > 10 * CHECK_EVERY
    assert timedelta(days=14) == LOST_AFTER
