"""Two independent judges of SCIM servers, against our own process: scim2-tester, which tries every attribute that we
declare, and scim-sanity, which is strict about answers.
"""

import pytest
from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_tester import Status, check_server
from scim_sanity.probe.runner import run_probe_api

from tests.directory import CONTOSO
from tests.e2e.processes import Portico
from tests.provisioning.server import Forwarder, add_token

pytestmark = pytest.mark.timeout(300)


def test_scim2_tester_finds_no_fault(scim_process: Portico) -> None:
    token = "a token of scim2-tester's"
    add_token(scim_process, CONTOSO, token)
    client = WSGISCIMClient(
        Forwarder(scim_process.base_url),
        base_url=f"{scim_process.base_url}/scim/v2",
        headers={"Authorization": f"Bearer {token}"},
    )
    results = check_server(client)
    faults = [
        f"{one.status.name}: {one.title} {one.resource_type}: {one.reason}"
        for one in results
        if one.status not in (Status.SUCCESS, Status.SKIPPED)
    ]
    assert faults == []
    assert len([one for one in results if one.status is Status.SUCCESS]) > 80


NO_BODY = "RFC 7644 (3.5.2) allows 204; Microsoft asks for it, since the answer would list all members"
DECLINED = {
    "PATCH /Groups/{id}": NO_BODY,
    "PATCH /Groups/{id} remove members": NO_BODY,
    "PATCH /Groups/{id} add member": "it adds an id that no user has, which would be 200 without effect",
}
"""What scim-sanity finds and why it stays so."""


def test_scim_sanity_finds_no_fault(scim_process: Portico) -> None:
    """In its strict mode. It skips agents, which belong to an extension of SCIM that we don't offer."""
    token = "a token of scim-sanity's"
    add_token(scim_process, CONTOSO, token)
    found = run_probe_api(f"{scim_process.base_url}/scim/v2", token=token)
    faults = {one["name"]: one.get("message") for one in found["results"] if one["status"] not in ("pass", "skip")}
    assert {*faults} == {*DECLINED}, faults
    assert {
        one["phase"] for one in found["results"] if one["status"] == "skip" and "Agent" not in one["phase"]
    } == set()
    assert found["summary"]["passed"] > 20
