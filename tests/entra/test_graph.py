"""A profile from Microsoft Graph: one request, and no trust in the response."""

import base64
import json
from typing import Any

import pytest

from app.entra.errors import InvalidResponse, MicrosoftError, OAuthError, ServiceUnavailable
from app.entra.graph import Graph
from app.entra.http_client import Http
from tests.entra.answering import Answering
from tests.entra.minting import OID

BATCH = "/v1.0/$batch"
PHOTO = b"\xff\xd8\xff not really a photo"
ME = {"id": OID, "displayName": "Adaeze Okonkwo", "mail": "adaeze@contoso.example", "jobTitle": "Chief"}


@pytest.fixture
def graph(server: Answering, http: Http) -> Graph:
    answer(server)
    return Graph(server.cloud, http)


def answer(server: Answering, me: Any = None, photo: Any = None) -> None:
    """Responds with these two parts, or valid ones."""
    me = me or {"id": "me", "status": 200, "body": ME}
    photo = photo or {"id": "photo", "status": 200, "body": base64.b64encode(PHOTO).decode()}
    server.say(BATCH, {"responses": [photo, me]})


def person(**changes: Any) -> dict[str, Any]:
    return {"id": "me", "status": 200, "body": {**ME, **changes}}


def test_profile_and_photo_are_fetched_in_one_request(graph: Graph, server: Answering) -> None:
    found = graph.profile("the-access-token")
    assert (found.oid, found.name, found.email, found.title) == (OID, *list(ME.values())[1:])
    assert found.photo == PHOTO
    assert server.asked == [BATCH]


def test_four_megabyte_photo_is_fetched_with_profile(graph: Graph, server: Answering) -> None:
    largest = b"\xff" * (4 * 1024 * 1024)
    answer(server, photo={"id": "photo", "status": 200, "body": base64.b64encode(largest).decode()})
    assert graph.profile("token").photo == largest
    assert server.asked == [BATCH]


@pytest.mark.parametrize("fault", ["too large", "hangs", "breaks off"])
def test_unusable_photo_response_loses_only_the_photo(graph: Graph, server: Answering, fault: str) -> None:
    if fault == "too large":
        answer(server, photo={"id": "photo", "status": 200, "body": "A" * 9 * 1024 * 1024})
    elif fault == "hangs":
        server.hang(BATCH, b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
    else:
        server.at[BATCH] = lambda handler: handler.connection.close()
    server.say("/v1.0/me", ME)
    found = graph.profile("token", within=3)
    assert (found.name, found.email, found.title) == (ME["displayName"], ME["mail"], ME["jobTitle"])
    assert (found.photo, found.photo_is_known) == (None, False), "the existing photo is kept"


def test_only_the_signed_in_profile_is_requested(graph: Graph, server: Answering) -> None:
    graph.profile("the-access-token")
    urls = [part["url"] for part in json.loads(server.bodies[0])["requests"]]
    assert [url.partition("?")[0] for url in urls] == ["/me", "/me/photos/96x96/$value"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (None, None),
        ("", None),
        ("   ", None),
        (7, None),
        (["a"], None),
        (" Ada ", "Ada"),
        ("A\x00da", "Ada"),
        ("\ud800", None),
        ("x" * 300, "x" * 256),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
    ids=ascii,
)
def test_profile_field_is_sanitized_text_or_none(graph: Graph, server: Answering, sent: Any, kept: str | None) -> None:
    answer(server, person(displayName=sent, mail=sent, jobTitle=sent))
    found = graph.profile("token")
    assert (found.name, found.email, found.title) == (kept, kept, kept)


@pytest.mark.parametrize(
    "part",
    [
        {"id": "photo", "status": 404, "body": {"error": {"code": "ImageNotFound"}}},
        {"id": "photo", "status": 403, "body": {}},
        {"id": "photo", "status": 200, "body": {"not": "text"}},
        {"id": "photo", "status": 200, "body": "not base64!"},
        {"id": "photo", "status": 200, "body": "é"},
        {"id": "photo"},
        {"id": "someone"},
        7,
    ],
    ids=str,
)
def test_profile_is_valid_without_usable_photo(graph: Graph, server: Answering, part: Any) -> None:
    answer(server, photo=part)
    found = graph.profile("token")
    assert (found.name, found.photo) == ("Adaeze Okonkwo", None)


@pytest.mark.parametrize("status", [401, 403])
def test_token_without_permission_raises_oauth_error(graph: Graph, server: Answering, status: int) -> None:
    server.say(BATCH, {}, status)
    with pytest.raises(OAuthError):
        graph.profile("token")
    answer(server, {"id": "me", "status": status, "body": {}})
    with pytest.raises(OAuthError):
        graph.profile("token")


@pytest.mark.parametrize("status", [429, 500, 503, 302, 404])
def test_temporary_error_raises_service_unavailable(graph: Graph, server: Answering, status: int) -> None:
    server.say(BATCH, {}, status, Retry_After="17")
    with pytest.raises(ServiceUnavailable) as unreachable:
        graph.profile("token")
    assert unreachable.value.retry_after == 17


@pytest.mark.parametrize(
    "document",
    [
        b"<html>",
        b"{",
        [],
        {},
        {"responses": None},
        {"responses": {}},
        {"responses": [{"id": "me", "status": 200}]},
        {"responses": [{"id": "me", "status": 200, "body": "text"}]},
        {"responses": [{"id": "me", "status": 200, "body": {}}]},
        {"responses": [{"id": "me", "status": 200, "body": {"id": 7}}]},
        {"responses": []},
        {"responses": [None, 7, "me"]},
        {"responses": [{"id": "me", "status": "200", "body": ME}]},
    ],
    ids=repr,
)
def test_malformed_response_is_rejected(graph: Graph, server: Answering, document: Any) -> None:
    server.say(BATCH, document)
    with pytest.raises((InvalidResponse, ServiceUnavailable)):
        graph.profile("token")


def test_timeout_is_enforced_and_error_contains_no_token(graph: Graph, server: Answering) -> None:
    server.hang(BATCH)
    with pytest.raises(MicrosoftError) as error:
        graph.profile("the-access-token", within=0.2)
    assert "the-access-token" not in repr(error.value)
