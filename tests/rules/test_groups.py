"""Tests of a group share a worker, so that not every worker needs an application and a browser."""

import os

import pytest


@pytest.mark.xdist_group("groups")
@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="one process runs all tests")
def test_marked_groups_reach_the_scheduler(request: pytest.FixtureRequest) -> None:
    """pytest-xdist tells its scheduler the group by the test's id, and says nothing where that fails."""
    assert request.node.nodeid.endswith("@groups")
