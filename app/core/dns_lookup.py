"""Looks up TXT records, within a bounded time and size, and outside of units of work."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import structlog
from flask import Flask, current_app

from app.core.unit_of_work import refuse_in_unit_of_work
from app.origins import address_and_port
from app.settings import Settings

QUERY_SECONDS = 2.0
"""For one resolver, which is asked again once if it doesn't answer."""
TOTAL_SECONDS = 6.0
AGREEING = 2
"""Of two resolvers or more, so many have to give the same answer."""
MOST_VALUES, LONGEST_VALUE = 50, 1000
DEFAULT_PORT = 53

log = structlog.get_logger(__name__)


class Outcome(StrEnum):
    FOUND = "found"
    ABSENT = "absent"
    """The name doesn't exist, or has no TXT record."""
    UNKNOWN = "unknown"
    """No resolver answered, or they disagree."""


@dataclass(frozen=True)
class TxtAnswer:
    outcome: Outcome
    values: frozenset[str] = frozenset()
    """Each record's strings, joined."""
    disagree: bool = False
    """UNKNOWN because one resolver has a record that another doesn't have."""


UNKNOWN = TxtAnswer(Outcome.UNKNOWN)
ABSENT = TxtAnswer(Outcome.ABSENT)


class DnsLookup:
    """Thread-safe; one per process. `servers` are addresses with ports; without any, the system's resolvers are asked.
    A single resolver should be one that validates DNSSEC.
    """

    def __init__(self, servers: tuple[str, ...], before_request: Callable[[], None] = lambda: None) -> None:
        self._servers = [address_and_port(server, DEFAULT_PORT) for server in servers]
        self._before_request = before_request

    def txt(self, name: str) -> TxtAnswer:
        """What the resolvers agree on. A failure of DNS is an answer, too: it raises nothing."""
        self._before_request()
        ends_at, answers = time.monotonic() + TOTAL_SECONDS, list[TxtAnswer]()
        servers = self._servers or _servers_of_system()
        needed = min(AGREEING, len(servers))
        for host, port in servers:
            seconds = min(QUERY_SECONDS * 2, ends_at - time.monotonic())
            if seconds <= 0 or len(answers) == needed:
                break
            found = _ask(host, port, name, seconds)
            if found.outcome is not Outcome.UNKNOWN:
                answers.append(found)
        return _agreed(answers) if answers and len(answers) == needed else UNKNOWN


def _ask(host: str, port: int, name: str, seconds: float) -> TxtAnswer:
    # Imported here: few requests and commands look anything up.
    import dns.exception
    import dns.name
    import dns.nameserver
    import dns.resolver

    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [dns.nameserver.Do53Nameserver(host, port)]
    resolver.timeout = QUERY_SECONDS
    # Asks for DNSSEC's data, so that a validating resolver refuses forged answers, and for answers of 1232 bytes, which
    # aren't fragmented; larger ones come over TCP.
    resolver.use_edns(0, 0, 1232)
    try:
        answer = resolver.resolve(dns.name.from_text(name), "TXT", lifetime=seconds, search=False)
        values = (b"".join(record.strings).decode("utf-8", "replace") for record in answer)
        return TxtAnswer(Outcome.FOUND, frozenset(value[:LONGEST_VALUE] for value in list(values)[:MOST_VALUES]))
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return ABSENT
    except (dns.exception.DNSException, OSError, ValueError) as error:
        log.info("dns_unanswered", name=name, kind=type(error).__name__)
        return UNKNOWN


def _agreed(answers: list[TxtAnswer]) -> TxtAnswer:
    """The values that all of them have. Others are cached by one resolver, or forged."""
    common = frozenset.intersection(*(answer.values for answer in answers))
    if common:
        return TxtAnswer(Outcome.FOUND, common)
    if all(answer.outcome is Outcome.ABSENT for answer in answers):
        return ABSENT
    return TxtAnswer(Outcome.UNKNOWN, disagree=True)


def _servers_of_system() -> list[tuple[str, int]]:
    import dns.exception
    import dns.resolver

    try:
        return [(str(server), DEFAULT_PORT) for server in dns.resolver.Resolver().nameservers]
    except (dns.exception.DNSException, OSError):
        return []


def init_app(app: Flask, settings: Settings) -> None:
    app.extensions["dns_lookup"] = DnsLookup(settings.dns_resolvers, refuse_in_unit_of_work)


def dns_lookup() -> DnsLookup:
    found: DnsLookup = current_app.extensions["dns_lookup"]
    return found
