"""Signatures of what a browser keeps, by itsdangerous, at less cost: signer and key are made once instead of for each,
and nothing is compressed, which takes longer than all else and saves a few bytes at most."""

import hmac
from typing import Any

from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from itsdangerous.encoding import base64_encode, want_bytes
from itsdangerous.signer import SigningAlgorithm


class _Hmac(SigningAlgorithm):
    """The same as itsdangerous's own, in one call of OpenSSL's."""

    def __init__(self, digest: str) -> None:
        self._digest = digest

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return hmac.digest(key, value, self._digest)


class _Signer(TimestampSigner):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.algorithm = _Hmac(self.digest_method().name)
        self._keys = {secret: super(_Signer, self).derive_key(secret) for secret in self.secret_keys}

    def derive_key(self, secret_key: str | bytes | None = None) -> bytes:
        return self._keys[self.secret_keys[-1] if secret_key is None else want_bytes(secret_key)]


class _Serializer(URLSafeTimedSerializer):
    def __init__(self, like: URLSafeTimedSerializer) -> None:
        super().__init__(like.secret_keys, like.salt, like.serializer, like.serializer_kwargs)
        self._signer = _Signer(self.secret_keys, salt=self.salt, **like.signer_kwargs)

    def make_signer(self, salt: str | bytes | None = None) -> TimestampSigner:
        return self._signer

    def dump_payload(self, obj: Any) -> bytes:
        return base64_encode(self.serializer.dumps(obj, **self.serializer_kwargs))


def quick(serializer: URLSafeTimedSerializer) -> URLSafeTimedSerializer:
    """The same serializer; what others signed is good here, and the other way round."""
    return _Serializer(serializer)
