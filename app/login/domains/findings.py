"""What a check found in DNS, in words, and what to do about it."""

from dataclasses import dataclass

from app.companies.domains.verification import Kind
from app.core.text import gettext_noop as N_


@dataclass(frozen=True)
class Advice:
    title: str
    text: str


ADVICE = {
    Kind.NOTHING: Advice(
        N_("There’s no record yet"),
        N_("If you just added it, wait a few minutes: a DNS change can need up to an hour to arrive here."),
    ),
    Kind.WRONG_PLACE: Advice(
        N_("The record is at the wrong name"),
        N_(
            "Your DNS provider adds the domain itself, or the first part of the name is missing. Change the record’s "
            "name to the short one above."
        ),
    ),
    Kind.OLD_TOKEN: Advice(
        N_("An old record is still there"),
        N_("Replace its value with the one above. If you did, wait until the old value has expired in DNS."),
    ),
    Kind.OTHER_VALUES: Advice(
        N_("The record has another value"),
        N_("Replace it with the value above, or add a second TXT record. Copy it whole, without quotation marks."),
    ),
    Kind.DISAGREE: Advice(
        N_("The record isn’t everywhere yet"),
        N_("Some DNS servers have it already. Check again in a few minutes."),
    ),
    Kind.UNREACHABLE: Advice(
        N_("DNS didn’t answer"),
        N_("The domain’s name servers may be down or misconfigured. This changes nothing. Check again later."),
    ),
    Kind.EXPIRED: Advice(
        N_("This record has expired"),
        N_("A new record has to be found within 7 days. Create a new one, and replace the value in DNS."),
    ),
    Kind.TAKEN: Advice(
        N_("Another company has proven this domain"),
        N_(
            "A domain belongs to one company. If it’s yours now, remove the other company’s record from DNS: 14 days "
            "later the domain is free."
        ),
    ),
}
