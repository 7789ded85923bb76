"""What can go wrong between us and Microsoft, each by its name. No message holds a token, a code or a secret."""


class MicrosoftError(Exception):
    """Root of all that this package raises on purpose."""


class ServiceUnavailable(MicrosoftError):
    """No usable answer in time: the network, a deadline, a 5xx, or a 429. Trying again later may help."""

    def __init__(self, what: str, retry_after: int | None = None) -> None:
        super().__init__(what)
        self.retry_after = retry_after
        """Seconds that the other side asked us to wait, if it did."""


class InvalidResponse(MicrosoftError):
    """An answer that is not what the protocol promises."""


class OAuthError(MicrosoftError):
    """The directory said no, in OAuth's words."""

    def __init__(self, error: str, description: str, codes: tuple[int, ...] = ()) -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.codes = codes
        """AADSTS numbers, most telling first."""


class InvalidIdToken(MicrosoftError):
    """An ID token that must not be believed; `reason` is a stable name such as `audience`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
