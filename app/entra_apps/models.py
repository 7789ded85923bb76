"""The kinds of credential that an application at Microsoft has."""

from enum import StrEnum


class CredentialKind(StrEnum):
    SECRET = "secret"  # noqa: S105 - the name of a kind
    CERTIFICATE = "certificate"
    """Made here: the private key never leaves, the public part is uploaded at Microsoft."""
    FEDERATED = "federated"
    """No secret at all: Microsoft trusts assertions that are signed with a key that we publish."""
