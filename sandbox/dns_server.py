"""A small DNS server, over UDP and TCP, on loopback only."""

import socketserver
import struct
import threading
from collections.abc import Callable

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

ADDRESS = "127.0.0.1"
LARGEST_UDP = 1232
TTL_SECONDS = 60
SHORTEST_QUERY = 12
"""Bytes of a DNS header."""

Answer = Callable[[dns.message.Message], dns.message.Message | None]
"""The response to a query; None for no response at all."""


class TxtRecords:
    """TXT records by name; everything else doesn't exist."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[str, list[str]] = {}

    def put(self, name: str, values: list[str]) -> None:
        """Replaces the values of a name; without any, the name doesn't exist."""
        with self._lock:
            self._values.pop(_key(name), None)
            if values:
                self._values[_key(name)] = list(values)

    def add(self, name: str, value: str) -> None:
        """Adds a value to those of a name."""
        with self._lock:
            values = self._values.setdefault(_key(name), [])
            if value not in values:
                values.append(value)

    def clear(self) -> None:
        """Deletes all records."""
        with self._lock:
            self._values.clear()

    def all(self) -> dict[str, list[str]]:
        """A copy."""
        with self._lock:
            return {name: list(values) for name, values in sorted(self._values.items())}

    def answer(self, query: dns.message.Message) -> dns.message.Message:
        """The response to a query."""
        response = dns.message.make_response(query, recursion_available=True)
        question = query.question[0]
        values = self.all().get(_key(question.name.to_text()))
        if values is None:
            response.set_rcode(dns.rcode.NXDOMAIN)
        elif question.rdtype == dns.rdatatype.TXT:
            response.answer.append(txt_rrset(question.name.to_text(), values))
        return response


def txt_rrset(name: str, values: list[str]) -> dns.rrset.RRset:
    """TXT records with these values, each split into strings of 255 bytes."""
    return dns.rrset.from_text_list(name, TTL_SECONDS, "IN", "TXT", [_quoted(value) for value in values])


def _quoted(value: str) -> str:
    data = value.encode()
    parts = [data[start : start + 255] for start in range(0, len(data), 255)] or [b""]
    return " ".join('"' + "".join(f"\\{byte:03d}" for byte in part) + '"' for part in parts)


def _key(name: str) -> str:
    return name.rstrip(".").lower()


class DnsServer:
    """Serves until it is stopped."""

    def __init__(self, answer: Answer, port: int = 0) -> None:
        self._tcp = _TcpServer((ADDRESS, port), _TcpHandler)
        self.port: int = self._tcp.server_address[1]
        self._udp = _UdpServer((ADDRESS, self.port), _UdpHandler)
        self._tcp.answer = self._udp.answer = answer

    def start(self) -> None:
        """Starts a thread for each protocol."""
        for server in (self._tcp, self._udp):
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        """Closes both sockets."""
        for server in (self._tcp, self._udp):
            server.shutdown()
            server.server_close()


class _TcpServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    answer: Answer


class _UdpServer(socketserver.ThreadingUDPServer):
    daemon_threads = True
    answer: Answer


class _UdpHandler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        """Answers one datagram."""
        data, socket = self.request
        if wire := _response(self.server.answer, data, LARGEST_UDP):  # type: ignore[attr-defined]
            socket.sendto(wire, self.client_address)


class _TcpHandler(socketserver.StreamRequestHandler):
    timeout = 10

    def handle(self) -> None:
        """Answers the queries of one connection."""
        while len(size := self.rfile.read(2)) == 2:
            wire = _response(self.server.answer, self.rfile.read(struct.unpack("!H", size)[0]), 65535)  # type: ignore[attr-defined]
            if wire is None:
                return
            self.wfile.write(struct.pack("!H", len(wire)) + wire)


def _response(answer: Answer, data: bytes, largest: int) -> bytes | None:
    """The response's bytes; over UDP, a large one is truncated, so that the client repeats its query over TCP."""
    if len(data) < SHORTEST_QUERY:
        return None
    try:
        query = dns.message.from_wire(data)
    except dns.exception.DNSException:
        return None
    response = answer(query) if query.question else None
    if response is None:
        return None
    try:
        return response.to_wire(max_size=largest)
    except dns.exception.TooBig:
        short = dns.message.make_response(query, recursion_available=True)
        short.flags |= dns.flags.TC
        return short.to_wire(max_size=largest)
