"""Profiles from Graph: awaited at the first sign-in, synced in the background later, and validated."""

import base64
import io
import random
import time
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image

from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.people.models import Avatar, Person
from tests import directory as seed
from tests.assertions import audit_entries, holds_token, last_failure_reason, rows, written
from tests.browser import Browser, pick
from tests.cast import ALICE, BOB, NO_MAIL, NO_PHOTO, OWNER_PASSWORD, SCRIPT_NAME, Cast
from tests.directory import Account
from tests.tasks import run_delayed_tasks, run_tasks


def synced(cast: Cast, account: Account = ALICE) -> Person:
    with cast.app.app_context():
        return cast.person(account)


def photo(form: str, size: tuple[int, int] = (300, 200)) -> str:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, form)
    return base64.b64encode(out.getvalue()).decode()


def test_first_sign_in_fills_profile(cast: Cast) -> None:
    cast.alice()
    person = synced(cast)
    assert (person.name, person.email) == ("Adaeze Okonkwo", "adaeze.okonkwo@contoso.example")
    assert person.title == "Chief Information Officer"
    assert person.avatar_hash
    assert person.synced_at
    assert run_tasks(cast.app) == 0


@pytest.mark.parametrize("drill", ["graph_down", "graph_busy", "graph_malformed"])
def test_sign_in_works_while_graph_is_down_and_profile_is_synced_later(cast: Cast, drill: str) -> None:
    cast.directory.drill(drill)
    cast.bob()
    assert synced(cast, BOB).synced_at is None
    assert run_tasks(cast.app) == 1
    assert synced(cast, BOB).synced_at is None
    cast.directory.clear_drills()
    assert run_delayed_tasks(cast.app) == 1
    assert synced(cast, BOB).synced_at
    assert synced(cast, BOB).title


def test_first_sign_in_waits_at_most_three_seconds_for_graph(cast: Cast) -> None:
    browser = cast.browser()
    back = pick(cast.directory, browser.begin("contoso"), ALICE)
    cast.directory.drill("graph_hangs")
    began = time.monotonic()
    assert browser.get(back).status_code == 303
    assert time.monotonic() - began < 5
    assert browser.get("/account").status_code == 200
    cast.directory.clear_drills()
    assert run_tasks(cast.app) == 1
    assert synced(cast).synced_at


def test_returning_person_does_not_wait_and_is_synced_later(cast: Cast) -> None:
    cast.alice()
    cast.directory.person(ALICE.tid, ALICE.oid, title="Chair", mail="chair@contoso.example")
    cast.directory.forget_requests()
    cast.alice()
    assert not [entry for entry in cast.directory.requests() if entry["kind"] not in ("authorize", "token")]
    assert synced(cast).title == "Chief Information Officer"
    assert run_tasks(cast.app) == 1
    assert (synced(cast).title, synced(cast).email) == ("Chair", "chair@contoso.example")


def test_queue_contains_no_readable_token(cast: Cast) -> None:
    cast.alice()
    cast.alice()
    waiting = cast.app.extensions["queue"].storage.enqueued_items()
    assert waiting
    assert not any(holds_token(item.decode("latin-1")) for item in waiting)


def test_deleted_person_is_not_synced_again(cast: Cast) -> None:
    cast.directory.drill("graph_down")
    cast.bob()
    with cast.app.app_context(), unit_of_work():
        db.session.execute(sa.text("DELETE FROM session"))
        db.session.execute(sa.delete(Person).where(Person.oid == BOB.oid))
    cast.directory.clear_drills()
    assert run_tasks(cast.app) == 1
    assert not cast.app.extensions["queue"].scheduled()


@pytest.mark.parametrize("account", [NO_PHOTO, NO_MAIL, SCRIPT_NAME], ids=["no photo", "no mail", "a script as name"])
def test_incomplete_profile_does_not_prevent_sign_in(cast: Cast, account: Account) -> None:
    browser = cast.browser()
    assert browser.sign_in_as(account, "contoso", cast.directory).status_code == 303
    page = browser.get("/account").text
    assert "<script>alert" not in page
    if account is NO_PHOTO:
        assert "<svg" in avatar(cast, browser, account).text


def avatar(cast: Cast, browser: Browser, account: Account = ALICE) -> Any:
    return browser.get(f"/people/{cast.person_id(account)}/avatar")


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "BMP"])
def test_photo_is_reencoded_in_one_size_and_format(cast: Cast, form: str) -> None:
    cast.directory.person(ALICE.tid, ALICE.oid, photo=photo(form))
    response = avatar(cast, cast.alice())
    assert response.mimetype == "image/webp"
    image = Image.open(io.BytesIO(response.data))
    assert (image.size, image.format) == ((96, 96), "WEBP")
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def noise(size: tuple[int, int]) -> bytes:
    """A photo that can't be compressed: three bytes per pixel."""
    out = io.BytesIO()
    Image.frombytes("RGB", size, random.Random(7).randbytes(3 * size[0] * size[1])).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(("size", "kind"), [((1100, 1100), "image/webp"), ((1500, 1500), "image/svg+xml")], ids=str)
def test_large_photo_does_not_prevent_reading_the_title(cast: Cast, size: tuple[int, int], kind: str) -> None:
    """3.6 MB are accepted as a photo; 6.7 MB, more than Microsoft stores, give initials."""
    cast.directory.person(ALICE.tid, ALICE.oid, photo=base64.b64encode(noise(size)).decode())
    browser = cast.alice()
    assert synced(cast).title == "Chief Information Officer"
    assert avatar(cast, browser).mimetype == kind


HTML = "<html><script>alert(1)</script></html>"


@pytest.mark.parametrize(
    "content",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        HTML.encode(),
        b"GIF89a" + HTML.encode(),
        b"\xff\xd8\xff\xe0" + HTML.encode(),
        b"%PDF-1.4",
        b"\x00" * 1000,
        b"x" * (5 * 1024 * 1024),
    ],
    ids=["SVG", "HTML", "HTML as GIF", "HTML as JPEG", "PDF", "zeros", "five megabytes"],
)
def test_invalid_photo_is_replaced_by_initials(cast: Cast, content: bytes) -> None:
    cast.directory.person(ALICE.tid, ALICE.oid, photo=base64.b64encode(content).decode())
    response = avatar(cast, cast.alice())
    assert response.mimetype == "image/svg+xml"
    assert ">AO<" in response.text
    assert "alert" not in response.text
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


def test_reencoded_photo_contains_only_pixels(cast: Cast) -> None:
    both = base64.b64decode(photo("PNG")) + HTML.encode()
    cast.directory.person(ALICE.tid, ALICE.oid, photo=base64.b64encode(both).decode())
    response = avatar(cast, cast.alice())
    assert response.mimetype == "image/webp"
    assert b"script" not in response.data


def test_identical_photos_are_stored_once(cast: Cast) -> None:
    for account in (ALICE, BOB):
        cast.directory.person(account.tid, account.oid, photo=photo("PNG"))
    cast.alice()
    cast.bob()
    with cast.app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Avatar)) == 1


def test_profile_of_someone_else_is_discarded(cast: Cast) -> None:
    cast.directory.drill("graph_someone_else")
    browser = cast.browser()
    assert browser.sign_in_as(ALICE, "contoso", cast.directory).status_code == 303
    assert synced(cast).synced_at is None
    assert "Someone Else" not in browser.get("/account").text


class AtMicrosoft:
    """A browser that also has a session at the directory."""

    def __init__(self, cast: Cast, browser: Browser) -> None:
        import requests

        self.cast, self.browser, self.http_session = cast, browser, requests.Session()

    def follow(self, url: str, pick_account: str = "") -> Any:
        from urllib.parse import urlsplit

        if pick_account:
            response = self.http_session.post(url, data={"account": pick_account}, allow_redirects=False, timeout=10)
        else:
            response = self.http_session.get(url, allow_redirects=False, timeout=10)
        back = urlsplit(response.headers["Location"])
        return self.browser.get(f"{back.path}?{back.query}")


def press_sync(browser: Browser) -> str:
    response = browser.post_form("/account/sync", page="/account")
    assert response.status_code in (302, 303), response.text
    return str(response.headers["Location"])


def test_sync_now_reads_profile_without_prompt(cast: Cast) -> None:
    browser = cast.browser()
    there = AtMicrosoft(cast, browser)
    assert there.follow(browser.begin("contoso"), ALICE.oid).status_code == 303
    cast.directory.person(ALICE.tid, ALICE.oid, title="Chair")
    before = rows(cast.app)
    url = press_sync(browser)
    assert "prompt=none" in url
    response = there.follow(url)
    assert response.headers["Location"] == "/account"
    assert "Chair" in browser.get("/account").text
    assert written(before, rows(cast.app)) == {"audit_entry": 1}, "no new session"


def test_sync_now_uses_login_hint_of_token_and_not_the_email(cast: Cast) -> None:
    cast.directory.person(ALICE.tid, ALICE.oid, mail="new.mail@contoso.example")
    browser = cast.browser()
    there = AtMicrosoft(cast, browser)
    assert there.follow(browser.begin("contoso"), ALICE.oid).status_code == 303
    cast.directory.person(ALICE.tid, ALICE.oid, mail="newer.mail@contoso.example", title="Chair")
    url = press_sync(browser)
    assert there.follow(url).headers["Location"] == "/account", "no prompt was needed"
    assert "mail" not in url.partition("login_hint=")[2]
    assert "Chair" in browser.get("/account").text


def test_sync_now_sends_no_login_hint_if_token_had_none(cast: Cast) -> None:
    cast.directory.application(seed.CONTOSO, seed.CONTOSO_CLIENT, optional_claims=["acct"])
    browser = cast.browser()
    there = AtMicrosoft(cast, browser)
    assert there.follow(browser.begin("contoso"), ALICE.oid).status_code == 303
    url = press_sync(browser)
    assert "login_hint" not in url
    assert there.follow(url).headers["Location"] == "/account"


def test_sync_now_prompts_if_microsoft_requires_interaction(cast: Cast) -> None:
    browser = cast.bob()
    there = AtMicrosoft(cast, browser)
    again = there.follow(press_sync(browser))
    assert again.status_code == 303
    assert "prompt=none" not in again.headers["Location"]
    assert there.follow(again.headers["Location"], BOB.oid).headers["Location"] == "/account"
    assert audit_entries(cast.app, "profile.read")


def test_sync_now_rejects_another_person(cast: Cast) -> None:
    browser = cast.bob()
    there = AtMicrosoft(cast, browser)
    again = there.follow(press_sync(browser))
    assert there.follow(again.headers["Location"], ALICE.oid).status_code == 400
    assert last_failure_reason(cast.app) == "other_person"
    assert "Adaeze" not in browser.get("/account").text


def test_sync_now_after_signing_out_is_rejected(cast: Cast) -> None:
    browser = cast.bob()
    url = press_sync(browser)
    browser.post_form("/logout", page="/account")
    assert AtMicrosoft(cast, browser).follow(url).status_code == 400
    assert browser.get("/account").status_code == 302


def test_sync_now_is_retried_once_graph_is_back(cast: Cast) -> None:
    browser = cast.bob()
    there = AtMicrosoft(cast, browser)
    again = there.follow(press_sync(browser))
    cast.directory.drill("graph_down")
    cast.directory.person(BOB.tid, BOB.oid, title="Chair")
    assert there.follow(again.headers["Location"], BOB.oid).status_code == 303
    assert "as soon as it does" in browser.get("/account").text.replace("’", "'")
    cast.directory.clear_drills()
    assert run_tasks(cast.app) == 1
    assert synced(cast, BOB).title == "Chair"


def test_person_with_password_has_nothing_to_sync(cast: Cast) -> None:
    browser = cast.browser()
    given = {"email": "owner@contoso.example", "password": OWNER_PASSWORD}
    browser.post_form("/login/contoso/password", page="/login/contoso", **given)
    token = browser.csrf("/account")
    assert browser.post("/account/sync", data={"csrf_token": token}).headers["Location"] == "/account"
