"""The list of files in docs/architecture.md is the one that a sign-in passes through."""

import re
import sys
from types import FrameType
from typing import Any

from app.settings import ROOT
from tests.browser import pick
from tests.cast import BOB, Cast
from tests.directory import Directory

APP = f"{ROOT / 'app'}/"


def documented() -> list[list[str]]:
    """The files of each step; the first is the one that the step is about."""
    text = (ROOT / "docs" / "architecture.md").read_text().split("What a callback runs")[1]
    steps = re.findall(r"^\d+\. .*(?:\n   .*)*", text.split("\n\n")[1], re.MULTILINE)
    return [re.findall(r"`(app/[\w/]+\.py)`", step) for step in steps]


def entered_by_callback(cast: Cast, directory: Directory) -> list[str]:
    """Our files in the order in which Bob's callback first calls one of their functions."""
    browser, entered = cast.browser(), dict[str, None]()
    path = pick(directory, browser.begin("contoso"), BOB)

    def note(frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(APP):
            entered.setdefault(frame.f_code.co_filename.removeprefix(f"{ROOT}/"))

    sys.setprofile(note)
    try:
        response = browser.get(path)
    finally:
        sys.setprofile(None)
    assert response.status_code == 303
    return list(entered)


def test_callback_passes_the_documented_files_in_their_order(cast: Cast, directory: Directory) -> None:
    first, later = entered_by_callback(cast, directory), entered_by_callback(cast, directory)
    steps = documented()
    assert len(steps) == 12
    assert [file for file in later if file in [files[0] for files in steps]] == [files[0] for files in steps]
    # The route's mark, and what a purpose does, are declared at the start.
    declared = {"app/urls.py", "app/login/handlers.py"}
    assert {file for files in steps for file in files} - {*first, *later} == declared
