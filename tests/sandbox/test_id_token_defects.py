import base64
import hmac
import json
import time

import jwt
import pytest

from .driver import TENANT, Driver


def defective_token(sandbox: Driver, **defects: object) -> str:
    sandbox.drill("id_token", **({"alg": "RS256"} | defects))
    return str(sandbox.tokens()["id_token"])


def part(token: str, number: int) -> str:
    text = token.split(".")[number]
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()


@pytest.mark.parametrize("alg", ["none", "HS256", "RS512", "PS256", "ES256", "bad_signature", "unknown_key"])
def test_wrong_signature_is_really_invalid(sandbox: Driver, alg: str) -> None:
    token = defective_token(sandbox, alg=alg)
    with pytest.raises((jwt.PyJWTError, KeyError)):
        sandbox.claims(token)


def test_hs256_is_keyed_with_the_public_key(sandbox: Driver) -> None:
    token = defective_token(sandbox, alg="HS256")
    pem = sandbox.client.application.extensions["sandbox"].keys.signing(TENANT).public_pem
    message, _, signature = token.rpartition(".")
    made = base64.urlsafe_b64encode(hmac.digest(pem, message.encode(), "sha256")).rstrip(b"=").decode()
    assert signature == made


@pytest.mark.parametrize("alg", ["RS512", "PS256"])
def test_other_rsa_algorithms_are_correctly_signed(sandbox: Driver, alg: str) -> None:
    token = defective_token(sandbox, alg=alg)
    key = sandbox.jwks()[jwt.get_unverified_header(token)["kid"]].key
    assert jwt.decode(token, key, algorithms=[alg], audience=sandbox.application)


def test_claims_can_be_replaced_with_relative_times(sandbox: Driver) -> None:
    token = defective_token(sandbox, claims={"tid": "other", "exp": {"seconds": -120}})
    claims = json.loads(part(token, 1))
    assert claims["tid"] == "other"
    assert abs(claims["exp"] - (time.time() - 120)) < 5
    with pytest.raises(jwt.ExpiredSignatureError):
        sandbox.claims(token)


def test_claims_can_be_removed(sandbox: Driver) -> None:
    assert "oid" not in sandbox.claims(defective_token(sandbox, remove=["oid"]))


def test_header_can_be_changed(sandbox: Driver) -> None:
    header = json.loads(part(defective_token(sandbox, header={"kid": "k", "crit": ["x"]}), 0))
    assert (header["kid"], header["crit"], header["alg"]) == ("k", ["x"], "RS256")


def test_claim_can_be_duplicated(sandbox: Driver) -> None:
    assert part(defective_token(sandbox, duplicate=["tid"]), 1).count('"tid"') == 2


def test_claim_can_be_duplicated_with_two_values(sandbox: Driver) -> None:
    token = defective_token(sandbox, duplicate={"tid": "other"})
    assert part(token, 1).startswith('{"tid":"other"')
    assert sandbox.claims(token)["tid"] == TENANT


def test_token_can_be_padded(sandbox: Driver) -> None:
    assert len(defective_token(sandbox, pad=100_000)) > 100_000


def test_token_can_be_replaced_by_any_text(sandbox: Driver) -> None:
    assert defective_token(sandbox, raw="not a token") == "not a token"


def test_drill_without_parameters_signs_with_an_unknown_key(sandbox: Driver) -> None:
    sandbox.drill("id_token")
    kid = jwt.get_unverified_header(sandbox.tokens()["id_token"])["kid"]
    assert kid not in {key.key_id for key in sandbox.jwks().keys}
