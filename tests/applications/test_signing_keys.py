"""Signing keys rotate automatically, without failed verifications."""

import threading
from datetime import timedelta

import jwt
import time_machine
from flask import Flask

from app.applications.signing_keys import rotation
from app.applications.signing_keys.key_ring import key_ring
from app.cli import schedule
from app.core.unit_of_work import unit_of_work
from tests.applications.client import Client
from tests.applications.people import Session, signed_in_with_password
from tests.at_once import at_once
from tests.cast import Cast


def kids(app: Flask) -> list[str]:
    """The published keys after the worker's hourly task."""
    with app.app_context():
        schedule.rotate_signing_keys()
        key_ring().forget()
        return [key.kid for key in key_ring().published() if key.algorithm == "RS256"]


def signed_with(client: Client, session: Session) -> str:
    return str(jwt.get_unverified_header(client.tokens(session.browser, prompt="none")["id_token"])["kid"])


def test_key_is_published_a_day_before_it_signs_and_a_day_longer(
    client: Client, cast: Cast, clock: time_machine.Traveller
) -> None:
    (first,) = kids(client.app)
    clock.shift(timedelta(days=88))
    assert kids(client.app) == [first]
    clock.shift(timedelta(days=1, hours=1))
    second, old = kids(client.app)
    assert old == first
    assert signed_with(client, signed_in_with_password(cast)) == first
    clock.shift(timedelta(days=1))
    assert kids(client.app) == [second, first]
    assert signed_with(client, signed_in_with_password(cast)) == second
    clock.shift(timedelta(days=1))
    assert kids(client.app) == [second]


def test_two_workers_create_one_successor(client: Client, clock: time_machine.Traveller) -> None:
    clock.shift(timedelta(days=90))

    def rotate() -> None:
        with client.app.app_context(), unit_of_work():
            rotation.rotate_due()

    at_once([rotate] * 4)
    assert len(kids(client.app)) == 2


def test_oidcc_server_rotate_keys(client: Client, owner: Session) -> None:
    runner = client.app.test_cli_runner()
    before = set(kids(client.app))
    assert runner.invoke(args=["signing-keys", "rotate"]).exit_code == 0
    assert before < set(kids(client.app))
    assert {signed_with(client, owner)} == before
    assert runner.invoke(args=["signing-keys", "show"]).output.count("next") == 2


def test_leaked_key_is_replaced_at_once(client: Client, owner: Session) -> None:
    tokens = client.tokens(owner.browser)
    (leaked,) = kids(client.app)
    assert client.app.test_cli_runner().invoke(args=["signing-keys", "rotate", "--now"]).exit_code == 0
    (fresh,) = kids(client.app)
    assert fresh != leaked
    assert client.userinfo(tokens["access_token"]).status_code == 401
    assert signed_with(client, owner) == fresh
    assert client.refresh(tokens["refresh_token"]).status_code == 200


def test_no_verification_fails_under_load_while_keys_rotate(client: Client, clock: time_machine.Traveller) -> None:
    """Threads sign and verify all the time, by Portico's own ring and as an application that fetches the keys daily."""
    app, published, faults = client.app, dict[str, jwt.PyJWK](), list[str]()
    issuer = app.config["BASE_URL"]
    payload = {"iss": issuer, "sub": "a", "aud": "b", "exp": 9999999999}
    verified, over = [0] * 4, threading.Event()

    def work(number: int) -> None:
        while not over.is_set():
            try:
                with app.app_context():
                    token = key_ring().sign(payload, "ES256", "at+jwt")
                    key_ring().verify(token, ("ES256",), "at+jwt")
                jwt.decode(token, published[jwt.get_unverified_header(token)["kid"]].key, ["ES256"], audience="b")
            except Exception as error:
                faults.append(repr(error))
            verified[number] += 1

    def fetch() -> None:
        kids(app)
        published.update((key["kid"], jwt.PyJWK(key)) for key in client.machine().get("/oauth/jwks").get_json()["keys"])

    fetch()
    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _day in range(100):
            seen = list(verified)
            clock.shift(timedelta(hours=23, minutes=59))
            while any(now <= before for now, before in zip(verified, seen, strict=True)):
                over.wait(0.001)
            clock.shift(timedelta(minutes=1))
            fetch()
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert faults == []
    assert len(published) >= 4, "both algorithms' keys had successors"


def test_no_verification_fails_while_keys_rotate(client: Client, owner: Session, clock: time_machine.Traveller) -> None:
    """An application that fetches the keys daily can verify every token for 200 days."""
    cached: dict[str, jwt.PyJWK] = {}
    for _day in range(200):
        kids(client.app)
        cached |= {key["kid"]: jwt.PyJWK(key) for key in client.machine().get("/oauth/jwks").get_json()["keys"]}
        clock.shift(timedelta(hours=23, minutes=59))
        with client.app.app_context():
            token = key_ring().sign({"sub": "a", "aud": "b", "exp": 9999999999}, "RS256", "JWT")
        jwt.decode(token, cached[jwt.get_unverified_header(token)["kid"]].key, ["RS256"], audience="b")
        clock.shift(timedelta(minutes=1))
