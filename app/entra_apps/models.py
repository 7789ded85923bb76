"""The kinds of client credentials of an application at Microsoft."""

from enum import StrEnum


class CredentialKind(StrEnum):
    SECRET = "secret"  # noqa: S105 - the name of a kind
    CERTIFICATE = "certificate"
    """Generated here: the private key never leaves, the public certificate is uploaded at Microsoft."""
    FEDERATED = "federated"
    """No secret: Microsoft trusts assertions signed with a key that we publish."""
