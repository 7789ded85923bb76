"""scim2-tester's full check, which tries every attribute that we declare, against our own process."""

import pytest
from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_tester import Status, check_server

from tests.directory import CONTOSO
from tests.e2e.processes import Portico
from tests.provisioning.server import TOKEN, Forwarder, add_token

pytestmark = pytest.mark.timeout(300)


def test_scim2_tester_finds_no_fault(scim_process: Portico) -> None:
    add_token(scim_process, CONTOSO)
    client = WSGISCIMClient(
        Forwarder(scim_process.base_url),
        base_url=f"{scim_process.base_url}/scim/v2",
        headers={"Authorization": f"Bearer {TOKEN}"},
    )
    results = check_server(client)
    faults = [
        f"{one.status.name}: {one.title} {one.resource_type}: {one.reason}"
        for one in results
        if one.status not in (Status.SUCCESS, Status.SKIPPED)
    ]
    assert faults == []
    assert len([one for one in results if one.status is Status.SUCCESS]) > 80
