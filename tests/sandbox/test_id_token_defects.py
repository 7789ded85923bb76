import base64
import hmac
import json
import time

import jwt
import pytest

from .driver import TENANT, Driver


def spoiled(sandbox: Driver, **defects: object) -> str:
    sandbox.drill("id_token", **({"alg": "RS256"} | defects))
    return str(sandbox.tokens()["id_token"])


def part(token: str, number: int) -> str:
    text = token.split(".")[number]
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()


@pytest.mark.parametrize("alg", ["none", "HS256", "RS512", "PS256", "ES256", "bad_signature", "unknown_key"])
def test_a_wrong_signature_is_really_wrong(sandbox: Driver, alg: str) -> None:
    token = spoiled(sandbox, alg=alg)
    with pytest.raises((jwt.PyJWTError, KeyError)):
        sandbox.claims(token)


def test_hs256_is_keyed_with_the_public_key(sandbox: Driver) -> None:
    token = spoiled(sandbox, alg="HS256")
    pem = sandbox.client.application.extensions["sandbox"].keys.signing(TENANT).public_pem
    message, _, signature = token.rpartition(".")
    made = base64.urlsafe_b64encode(hmac.digest(pem, message.encode(), "sha256")).rstrip(b"=").decode()
    assert signature == made


@pytest.mark.parametrize("alg", ["RS512", "PS256"])
def test_other_rsa_algorithms_are_correctly_signed(sandbox: Driver, alg: str) -> None:
    token = spoiled(sandbox, alg=alg)
    key = sandbox.jwks()[jwt.get_unverified_header(token)["kid"]].key
    assert jwt.decode(token, key, algorithms=[alg], audience=sandbox.application)


def test_claims_can_be_replaced_and_moments_are_relative(sandbox: Driver) -> None:
    token = spoiled(sandbox, claims={"tid": "other", "exp": {"seconds": -120}})
    claims = json.loads(part(token, 1))
    assert claims["tid"] == "other"
    assert abs(claims["exp"] - (time.time() - 120)) < 5
    with pytest.raises(jwt.ExpiredSignatureError):
        sandbox.claims(token)


def test_claims_can_be_removed(sandbox: Driver) -> None:
    assert "oid" not in sandbox.claims(spoiled(sandbox, remove=["oid"]))


def test_the_header_can_be_changed(sandbox: Driver) -> None:
    header = json.loads(part(spoiled(sandbox, header={"kid": "k", "crit": ["x"]}), 0))
    assert (header["kid"], header["crit"], header["alg"]) == ("k", ["x"], "RS256")


def test_a_claim_can_stand_twice(sandbox: Driver) -> None:
    assert part(spoiled(sandbox, duplicate=["tid"]), 1).count('"tid"') == 2


def test_a_claim_can_stand_twice_with_two_values(sandbox: Driver) -> None:
    token = spoiled(sandbox, duplicate={"tid": "other"})
    assert part(token, 1).startswith('{"tid":"other"')
    assert sandbox.claims(token)["tid"] == TENANT


def test_a_token_can_be_blown_up(sandbox: Driver) -> None:
    assert len(spoiled(sandbox, pad=100_000)) > 100_000


def test_anything_can_be_sent_instead(sandbox: Driver) -> None:
    assert spoiled(sandbox, raw="not a token") == "not a token"


def test_without_parameters_the_drill_signs_with_a_strangers_key(sandbox: Driver) -> None:
    sandbox.drill("id_token")
    kid = jwt.get_unverified_header(sandbox.tokens()["id_token"])["kid"]
    assert kid not in {key.key_id for key in sandbox.jwks().keys}
