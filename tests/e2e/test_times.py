"""Times on pages: in UTC, and with a script in the reader's time zone."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from playwright.sync_api import expect

from tests.cast import ALICE
from tests.e2e.visits import Visits, sign_in

KOLKATA = "Asia/Kolkata"


def formatted(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y, %H:%M}"


def test_time_is_shown_in_readers_time_zone_and_in_utc_on_hover(visits: Visits) -> None:
    page = visits.new(timezone_id=KOLKATA)
    sign_in(page, ALICE)
    time = page.locator("time").first
    moment = datetime.fromisoformat(time.get_attribute("datetime") or "")
    expect(time).to_have_text(formatted(moment.astimezone(ZoneInfo(KOLKATA))))
    expect(time).to_have_attribute("title", f"{formatted(moment)} UTC")


def test_time_is_shown_in_utc_without_javascript(visits: Visits) -> None:
    page = visits.new(timezone_id=KOLKATA, java_script_enabled=False)
    sign_in(page, ALICE)
    expect(page.locator("time").first).to_have_text(re.compile(r"^\d+ \w{3} 20\d\d, \d\d:\d\d UTC$"))
