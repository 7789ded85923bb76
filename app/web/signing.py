"""Signatures of what a browser keeps, by itsdangerous, at less cost: a key is derived once, not at each signature."""

from functools import lru_cache
from typing import Any

from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from itsdangerous.encoding import want_bytes


class _Signer(TimestampSigner):
    def derive_key(self, secret_key: str | bytes | None = None) -> bytes:
        secret = self.secret_keys[-1] if secret_key is None else want_bytes(secret_key)
        return _derived(secret, self.salt, self.key_derivation, self.digest_method)


@lru_cache(maxsize=16)
def _derived(secret: bytes, salt: bytes, how: str, digest: Any) -> bytes:
    return TimestampSigner(secret, salt, key_derivation=how, digest_method=digest).derive_key()


def quick(serializer: URLSafeTimedSerializer) -> URLSafeTimedSerializer:
    """The same serializer; what others signed is good here, and the other way round."""
    serializer.signer = _Signer
    return serializer
