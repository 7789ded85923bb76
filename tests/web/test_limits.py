"""What a node keeps of those who failed."""

import pytest
from limits import parse_many

from app.web import limits
from app.web.limits import Limiter


def test_of_ever_more_addresses_that_fail_a_node_remembers_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_FAILED", 100)
    limiter = Limiter()
    for number in range(1000):
        limiter._note(parse_many("60 per minute"), ("callback", str(number)))
        assert len(limiter._failed_here) <= 100
        assert ("callback", str(number)) in limiter._failed_here
