"""Numbers that an authenticator app shows (TOTP, RFC 6238): six digits, a new one every 30 seconds."""

import pyotp

from app.people.typed_codes import in_ascii

SECONDS = 30
STEPS_AWAY = 1
"""A number of the step before or after is good, too: clocks differ."""


def new_secret() -> str:
    """160 bits of chance, in base32 as apps take it."""
    return pyotp.random_base32()


def issuer(company_name: str, code: str) -> str:
    """What an authenticator app shows above a company's codes. No two companies have the same: apps overwrite an entry
    by another of the same issuer and account. A login code belongs to one company; names may be shared."""
    product = "Portico" if company_name.casefold() == code else f"Portico, {code}"
    return f"{_no_colon(company_name)} ({product})"


def label(company_name: str, code: str, account: str) -> str:
    """What an app knows an entry by."""
    return f"{issuer(company_name, code)}:{_no_colon(account)}"


def address(secret: str, company_name: str, code: str, account: str) -> str:
    """What the QR code says (https://github.com/google/google-authenticator/wiki/Key-Uri-Format)."""
    return pyotp.TOTP(secret).provisioning_uri(name=_no_colon(account), issuer_name=issuer(company_name, code))


def step_of(secret: str, number: str, at: float, after: int) -> int | None:
    """The 30-second step whose number this is, if it is near `at` (seconds since 1970) and later than `after`."""
    plain = in_ascii(number)
    here = int(at) // SECONDS
    totp = pyotp.TOTP(secret)
    for step in range(here - STEPS_AWAY, here + STEPS_AWAY + 1):
        if step > after and pyotp.utils.strings_equal(totp.generate_otp(step), plain):
            return step
    return None


def _no_colon(text: str) -> str:
    """A colon would end the issuer."""
    return " ".join(text.replace(":", " ").split())
