"""Numbers that an authenticator app shows (TOTP, RFC 6238): six digits, a new one every 30 seconds."""

import pyotp

SECONDS = 30
STEPS_AWAY = 1
"""A number of the step before or after is good, too: clocks differ."""


def new_secret() -> str:
    """160 bits of chance, in base32 as apps take it."""
    return pyotp.random_base32()


def address(secret: str, account: str) -> str:
    """What the QR code says (https://github.com/google/google-authenticator/wiki/Key-Uri-Format)."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name="Portico")


def step_of(secret: str, number: str, at: float, after: int) -> int | None:
    """The 30-second step whose number this is, if it is near `at` (seconds since 1970) and later than `after`."""
    plain = "".join(sign for sign in number if sign.isdigit())
    here = int(at) // SECONDS
    totp = pyotp.TOTP(secret)
    for step in range(here - STEPS_AWAY, here + STEPS_AWAY + 1):
        if step > after and pyotp.utils.strings_equal(totp.generate_otp(step), plain):
            return step
    return None
