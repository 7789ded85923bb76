"""Errors of the exchange with Microsoft. No message contains a token, a code or a secret."""


class MicrosoftError(Exception):
    """Base class of all errors that this package raises."""


class ServiceUnavailable(MicrosoftError):
    """No usable response in time: the network, a deadline, a 5xx, or a 429. A later retry may succeed."""

    def __init__(self, what: str, retry_after: int | None = None) -> None:
        super().__init__(what)
        self.retry_after = retry_after
        """Seconds that the server asked us to wait, if it did."""


class InvalidResponse(MicrosoftError):
    """A response that violates the protocol."""


class OAuthError(MicrosoftError):
    """An OAuth error response."""

    def __init__(self, error: str, description: str, codes: tuple[int, ...] = ()) -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.codes = codes
        """AADSTS numbers, the most specific first."""


class InvalidIdToken(MicrosoftError):
    """An ID token that failed validation; `reason` is a stable name such as `audience`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
