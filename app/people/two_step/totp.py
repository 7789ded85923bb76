"""Codes of authenticator apps (TOTP, RFC 6238): six digits, a new one every 30 seconds."""

import pyotp

from app.people.typed_codes import in_ascii

SECONDS = 30
STEPS_AWAY = 1
"""A code of the step before or after is accepted, too, because clocks differ."""


def new_secret() -> str:
    """160 random bits in base32, the format authenticator apps expect."""
    return pyotp.random_base32()


def issuer(company_name: str, code: str) -> str:
    """The issuer that an authenticator app shows above a company's codes. It is unique per company, because apps
    overwrite an entry with the same issuer and account; company names may be shared, login codes are not.
    """
    product = "Portico" if company_name.casefold() == code else f"Portico, {code}"
    return f"{_no_colon(company_name)} ({product})"


def label(company_name: str, code: str, account: str) -> str:
    """The label of an app's entry."""
    return f"{issuer(company_name, code)}:{_no_colon(account)}"


def address(secret: str, company_name: str, code: str, account: str) -> str:
    """The content of the QR code (https://github.com/google/google-authenticator/wiki/Key-Uri-Format)."""
    return pyotp.TOTP(secret).provisioning_uri(name=_no_colon(account), issuer_name=issuer(company_name, code))


def step_of(secret: str, number: str, at: float, after: int) -> int | None:
    """The 30-second step of this code, if it is near `at` (seconds since 1970) and later than `after`."""
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
