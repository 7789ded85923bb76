import threading
import time

import jwt
import pytest

from sandbox.drill_table import DRILLS
from sandbox.drills import Drill

from .driver import ADAEZE, BJORN, TENANT, WEB, Driver, answer, code_of

REFUSALS = [drill for drill in DRILLS.values() if drill.code]


def refused(sandbox: Driver, drill_name: str) -> str:
    """The text that must contain the code, wherever Entra ID shows it."""
    drill = DRILLS[drill_name]
    at = drill.defaults.get("at")
    if at == "token":
        return sandbox.token(code=sandbox.code()).text
    if drill.stages == ("refresh",):
        token = sandbox.tokens()["refresh_token"]
        return sandbox.token(grant_type="refresh_token", refresh_token=token).text
    if at == "redirect":
        return answer(sandbox.pick())["error_description"]
    page = sandbox.pick()
    assert page.status_code == 400
    return page.text


@pytest.mark.parametrize("drill", REFUSALS, ids=lambda drill: drill.name)
def test_each_error_drill_returns_its_code_until_stopped(sandbox: Driver, drill: Drill) -> None:
    sandbox.drill(drill.name)
    text = refused(sandbox, drill.name)
    assert f"AADSTS{drill.code}:" in text
    sandbox.client.delete(f"/sandbox/api/drills/{drill.name}")
    assert sandbox.tokens()


@pytest.mark.parametrize("at", ["page", "redirect", "token"])
def test_error_can_be_returned_at_another_stage(sandbox: Driver, at: str) -> None:
    sandbox.drill("conditional_access", at=at)
    picked = sandbox.pick()
    if at == "page":
        assert "AADSTS53003" in picked.text
    elif at == "redirect":
        assert "AADSTS53003" in answer(picked)["error_description"]
    else:
        assert code_of(sandbox.token(code=answer(picked)["code"])) == 53003


def test_silent_sign_in_returns_the_error(sandbox: Driver) -> None:
    sandbox.pick()
    sandbox.drill("conditional_access")
    assert answer(sandbox.begin(prompt="none"))["error"] == "interaction_required"


def paths(sandbox: Driver) -> list:
    return [
        sandbox.client.get(f"/{TENANT}/v2.0/.well-known/openid-configuration"),
        sandbox.client.get(f"/{TENANT}/discovery/v2.0/keys"),
        sandbox.begin(),
        sandbox.token(code="x"),
    ]


@pytest.mark.parametrize(("drill", "status"), [("directory_down", 503), ("directory_busy", 429)])
def test_directory_outage_affects_every_endpoint(sandbox: Driver, drill: str, status: int) -> None:
    sandbox.drill(drill)
    assert [response.status_code for response in paths(sandbox)] == [status] * 4


@pytest.mark.parametrize(
    ("drill", "statuses"),
    [
        ("discovery_unreachable", [503, 200, 200, 400]),
        ("keys_unreachable", [200, 503, 200, 400]),
        ("token_down", [200, 200, 200, 503]),
        ("token_busy", [200, 200, 200, 429]),
    ],
)
def test_outage_can_affect_a_single_endpoint(sandbox: Driver, drill: str, statuses: list[int]) -> None:
    sandbox.drill(drill)
    assert [response.status_code for response in paths(sandbox)] == statuses


def test_busy_endpoint_returns_retry_after(sandbox: Driver) -> None:
    sandbox.drill("token_busy", retry_after=7)
    assert sandbox.token(code=sandbox.code()).headers["Retry-After"] == "7"


@pytest.mark.parametrize("drill", ["directory_slow", "token_slow", "graph_slow"])
def test_slow_drill_delays_responses(sandbox: Driver, drill: str) -> None:
    bearer, code = sandbox.tokens()["access_token"], sandbox.code()
    sandbox.drill(drill, seconds=0.2, times=1)
    started = time.monotonic()
    assert sandbox.token(code=code).status_code == 200
    assert sandbox.graph("/me", bearer).status_code == 200
    assert time.monotonic() - started > 0.2


@pytest.mark.parametrize("drill", ["directory_hangs", "token_hangs", "graph_hangs"])
def test_hanging_request_continues_when_the_drill_is_stopped(sandbox: Driver, drill: str) -> None:
    bearer, code = sandbox.tokens()["access_token"], sandbox.code()
    sandbox.drill(drill)
    timer = threading.Timer(0.2, lambda: sandbox.client.application.test_client().delete("/sandbox/api/drills"))
    timer.start()
    assert sandbox.graph("/me", bearer).status_code == 200
    assert sandbox.token(code=code).status_code == 200
    timer.join()


def test_token_response_can_be_truncated(sandbox: Driver) -> None:
    sandbox.drill("token_malformed")
    response = sandbox.token(code=sandbox.code())
    assert response.status_code == 200
    assert response.get_json(silent=True) is None


def test_token_response_can_lack_the_id_token(sandbox: Driver) -> None:
    sandbox.drill("id_token_missing")
    assert "id_token" not in sandbox.tokens()


def test_keys_can_rotate_just_before_signing(sandbox: Driver) -> None:
    before = {key.key_id for key in sandbox.jwks().keys}
    sandbox.drill("keys_rotated")
    token = sandbox.tokens()["id_token"]
    assert jwt.get_unverified_header(token)["kid"] not in before
    assert sandbox.claims(token)
    after = {key.key_id for key in sandbox.jwks().keys}
    sandbox.tokens()
    assert {key.key_id for key in sandbox.jwks().keys} == after


def test_consent_can_be_requested(sandbox: Driver) -> None:
    sandbox.drill("ask_for_consent")
    assert "Permissions requested" in sandbox.pick().text


def test_popup_can_be_unresponsive(sandbox: Driver) -> None:
    sandbox.drill("popup_unresponsive")
    assert "No response" in sandbox.begin().text


@pytest.mark.parametrize(("drill", "status"), [("graph_down", 503), ("graph_busy", 429), ("graph_forbidden", 403)])
def test_graph_errors_have_their_own_format(sandbox: Driver, drill: str, status: int) -> None:
    bearer = sandbox.tokens()["access_token"]
    sandbox.drill(drill)
    response = sandbox.graph("/me", bearer)
    assert response.status_code == status
    assert {"code", "message"} <= set(response.get_json()["error"])
    assert sandbox.graph("/$batch", bearer, method="POST", json={"requests": []}).status_code == status


def test_graph_response_can_be_malformed(sandbox: Driver) -> None:
    bearer = sandbox.tokens()["access_token"]
    sandbox.drill("graph_malformed")
    assert sandbox.graph("/me", bearer).get_json(silent=True) is None


def test_graph_can_describe_someone_else(sandbox: Driver) -> None:
    bearer = sandbox.tokens()["access_token"]
    sandbox.drill("graph_someone_else", id=BJORN)
    assert sandbox.graph("/me", bearer).get_json()["id"] == BJORN


def test_every_drill_has_a_test() -> None:
    others = set(DRILLS) - {drill.name for drill in REFUSALS}
    assert others == {
        *("directory_down", "directory_busy", "directory_slow", "directory_hangs"),
        *("token_down", "token_busy", "token_slow", "token_hangs", "token_malformed"),
        *("discovery_unreachable", "keys_unreachable", "keys_rotated", "id_token", "id_token_missing"),
        *("ask_for_consent", "popup_unresponsive"),
        *("graph_down", "graph_busy", "graph_forbidden", "graph_slow", "graph_hangs", "graph_malformed"),
        *("graph_someone_else", "graph_delta_gone", "graph_delta_expired"),  # of changes: test_graph.py
        *("dataverse_busy", "dataverse_down", "dataverse_forbidden", "dataverse_unauthorized"),  # test_dataverse.py
        *("dataverse_slow", "dataverse_malformed"),
    }


def test_drill_can_affect_one_person(sandbox: Driver) -> None:
    sandbox.drill("account_disabled", person=BJORN)
    assert "AADSTS50057" in sandbox.pick(BJORN).text
    assert sandbox.tokens(ADAEZE)


def test_drill_can_affect_another_tenant(sandbox: Driver) -> None:
    sandbox.drill("directory_down", tenant="33333333-3333-4333-8333-333333333333")
    assert sandbox.tokens()


def test_drill_can_end_after_a_number_of_uses(sandbox: Driver) -> None:
    sandbox.drill("token_down", times=2)
    code = sandbox.code()
    assert [sandbox.token(code=code).status_code for _ in range(3)] == [503, 503, 200]


def test_page_starts_and_stops_drills(sandbox: Driver) -> None:
    assert sandbox.client.get("/sandbox/drills").headers["Referrer-Policy"] == "same-origin"  # forms send their Origin
    own = {"Origin": "http://localhost:8001"}
    response = sandbox.client.post("/sandbox/drills", data={"start": "secret_wrong", "tenant": TENANT}, headers=own)
    assert response.location == f"/sandbox/drills?tenant={TENANT}#secret_wrong"
    (active,) = sandbox.client.get("/sandbox/api/drills").get_json()["active"]
    assert (active["name"], active["tenant"]) == ("secret_wrong", TENANT)
    assert "Running:" in sandbox.client.get("/sandbox/drills").text
    sandbox.client.post("/sandbox/drills", data={"stop": "secret_wrong", "tenant": TENANT})
    assert sandbox.client.get("/sandbox/api/drills").get_json()["active"] == []
    assert sandbox.client.post("/sandbox/drills", data={"start": "no_such"}).status_code == 404


def test_admin_approval_page_links_back(sandbox: Driver) -> None:
    sandbox.drill("admin_approval")
    assert f'href="{WEB}?error=access_denied' in sandbox.pick().text
