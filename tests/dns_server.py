"""A real DNS server of the tests' own, with every fault."""

from collections.abc import Callable

import dns.message
import dns.rcode
import dns.rrset

from sandbox.dns_server import TTL_SECONDS, DnsServer, TxtRecords, txt_rrset


class NameServer:
    """Answers from its records, unless it is to fail."""

    def __init__(self) -> None:
        self.records = TxtRecords()
        self.queries: list[str] = []
        self.reset()
        self._server = DnsServer(self._answer)
        self._server.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.port}"

    def reset(self) -> None:
        self.records.clear()
        self.queries.clear()
        self.rcode: dns.rcode.Rcode | None = None
        """Every response has this code."""
        self.is_silent = False
        self.aliases: dict[str, str] = {}
        """CNAMEs."""
        self.wildcard: list[str] = []
        """TXT values of every name without records."""
        self.meanwhile: Callable[[], object] = lambda: None
        """Called before each response."""

    def publish(self, name: str, *values: str) -> None:
        self.records.put(name, list(values))

    def stop(self) -> None:
        self._server.stop()

    def _answer(self, query: dns.message.Message) -> dns.message.Message | None:
        name = query.question[0].name.to_text()
        self.queries.append(name.rstrip("."))
        self.meanwhile()
        if self.is_silent:
            return None
        response = dns.message.make_response(query, recursion_available=True)
        if self.rcode is not None:
            response.set_rcode(self.rcode)
            return response
        if target := self.aliases.get(name.rstrip(".")):
            response.answer.append(dns.rrset.from_text(name, TTL_SECONDS, "IN", "CNAME", f"{target}."))
            if values := self.records.all().get(target):
                response.answer.append(txt_rrset(f"{target}.", values))
            return response
        if self.wildcard and name.rstrip(".") not in self.records.all():
            response.answer.append(txt_rrset(name, self.wildcard))
            return response
        return self.records.answer(query)
