"""When signing keys are created, sign, and go. The caller's unit of work commits."""

import secrets
from datetime import datetime, timedelta

import jwt
import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from app.applications.signing_keys.models import SigningKey
from app.audit.events.base import INSTALLATION
from app.audit.events.signing_keys import SigningKeysAdded, SigningKeysReplaced
from app.audit.log import record
from app.core import strict_json
from app.core.database import db, insert_if_absent, now

RS256, ES256 = "RS256", "ES256"
ALGORITHMS = (RS256, ES256)
ROTATED_EVERY = timedelta(days=90)
PUBLISHED_BEFORE = timedelta(days=1)
"""How long before its first use a key is published, so that applications that cache our keys know it by then."""
KEPT_AFTER = timedelta(days=1)
"""How long after its successor began a key stays published: longer than any token that it signed is valid."""
RSA_BITS = 2048


def published() -> list[SigningKey]:
    """Every key, newest first."""
    return list(
        db.session.scalars(
            sa.select(SigningKey)
            .where(SigningKey.algorithm.in_(ALGORITHMS))
            .order_by(SigningKey.generation.desc(), SigningKey.id)
        )
    )


def ensure() -> None:
    """Creates the first key of each algorithm, where there is none."""
    moment = now()
    _record_added([_create(algorithm, 1, moment) for algorithm in ALGORITHMS if not _keys_of(algorithm)], moment)


def rotate_due() -> None:
    """Publishes successors in time, and deletes keys that signed nothing that is still valid. Those of an installation
    without an application don't exist yet.
    """
    moment = now()
    for algorithm in ALGORITHMS:
        found = _keys_of(algorithm)
        if found and found[0].active_at + ROTATED_EVERY - PUBLISHED_BEFORE <= moment:
            begins = max(found[0].active_at + ROTATED_EVERY, moment + PUBLISHED_BEFORE)
            _record_added([_create(algorithm, found[0].generation + 1, begins)], begins)
        superseding = [key for key in found if key.active_at <= moment - KEPT_AFTER]
        for key in superseding[1:]:
            db.session.delete(key)
    db.session.flush()


def rotate() -> None:
    """Publishes a successor of each key, which signs a day later."""
    begins = now() + PUBLISHED_BEFORE
    _record_added(_succeed(begins), begins, automatic=False)


def replace_leaked() -> None:
    """New keys sign at once, and what the old ones signed is invalid from now on."""
    old = published()
    created = _succeed(now())
    db.session.execute(sa.delete(SigningKey).where(SigningKey.id.in_([key.id for key in old])))
    record(SigningKeysReplaced(company_id=INSTALLATION, keys=_known(created), deleted=[key.kid for key in old]))


def _succeed(active_at: datetime) -> list[str | None]:
    """The ids of the keys, as `_create` returns them."""
    created = []
    for algorithm in ALGORITHMS:
        found = _keys_of(algorithm)
        created.append(_create(algorithm, found[0].generation + 1 if found else 1, active_at))
    return created


def _record_added(created: list[str | None], begins: datetime, *, automatic: bool = True) -> None:
    if keys := _known(created):
        record(
            SigningKeysAdded(
                company_id=INSTALLATION, keys=keys, signs_from=begins.isoformat(timespec="seconds"), automatic=automatic
            )
        )


def _known(created: list[str | None]) -> list[str]:
    return [kid for kid in created if kid]


def _keys_of(algorithm: str) -> list[SigningKey]:
    return [key for key in published() if key.algorithm == algorithm]


def _create(algorithm: str, generation: int, active_at: datetime) -> str | None:
    """The new key's id; None if another process has created its generation."""
    kid = secrets.token_urlsafe(12)
    pem, public = _new_pair(algorithm)
    is_new = insert_if_absent(
        SigningKey(
            kid=kid,
            algorithm=algorithm,
            generation=generation,
            private_key=pem,
            public_jwk={**public, "kid": kid, "alg": algorithm, "use": "sig"},
            active_at=active_at,
        )
    )
    return kid if is_new else None


def _new_pair(algorithm: str) -> tuple[str, dict[str, str]]:
    """The private key in PEM, and the public one as a JWK."""
    private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    if algorithm == RS256:
        private = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
        jwk = jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key())
    else:
        private = ec.generate_private_key(ec.SECP256R1())
        jwk = jwt.algorithms.ECAlgorithm.to_jwk(private.public_key())
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = {name: value for name, value in strict_json.read_object(jwk).items() if name != "key_ops"}
    return pem.decode(), public
