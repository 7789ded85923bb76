"""What `flask applications check` says of bad proxies. A good one and a careless one are in tests/e2e."""

from app.applications.forward_auth.proxy_check.examination import Finding, Outcome, Target, examine
from tests.ports import free_port
from tests.upstream import start_upstream


def findings(origin: str, *ports: int) -> dict[str, Finding]:
    target = Target("app-wiki", origin, "https://login.example", ports=ports)
    return {finding.name: finding for finding in examine(target, None)}


def test_an_application_without_protection_fails() -> None:
    with start_upstream() as upstream:
        found = findings(f"http://127.0.0.1:{upstream.port}")
    failed = {name for name, finding in found.items() if finding.outcome is Outcome.FAILED}
    assert {
        "a visitor who is not signed in",
        "the start of a sign-in",
        "forged identity headers",
        "forged identity headers with underscores",
        "X-Original-URL",
        "POST",
        "a path through ours",
    } <= failed
    assert "doesn’t ask Portico" in found["a visitor who is not signed in"].text
    assert found["a CORS preflight"].outcome is Outcome.WARNING
    assert found["what the application receives"].outcome is Outcome.SKIPPED


def test_paths_and_names_are_sent_as_they_are() -> None:
    with start_upstream() as upstream:
        findings(f"http://127.0.0.1:{upstream.port}")
        paths = {path for _, path in upstream.received}
    assert {"/.portico/app-wiki/../../", "/.portico/app-wiki/%2e%2e/%2e%2e/", "/.portico/app-wiki/..%2f..%2f"} <= paths


def test_a_port_past_the_proxy_fails() -> None:
    closed = free_port()
    with start_upstream() as upstream:
        found = findings(f"http://127.0.0.1:{upstream.port}", upstream.port, closed)
    assert found[f"port {upstream.port} of 127.0.0.1"].outcome is Outcome.FAILED
    assert found[f"port {closed} of 127.0.0.1"].outcome is Outcome.OK


def test_a_proxy_that_does_not_answer_is_named() -> None:
    origin = f"http://127.0.0.1:{free_port()}"
    found = findings(origin)
    assert [*found] == [origin]
    assert "doesn’t answer (ConnectionRefusedError" in found[origin].text
