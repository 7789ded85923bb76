"""Whole sign-ins of returning people, beside the programs that someone would choose instead: `make bench PART=login`.

All run on this machine in one run and take turns, against one sandbox directory over TLS. What each does differs:
Authlib's example and Microsoft's sample store no person; better-auth stores an account and a session.
"""

from functools import partial

from bench.journey import Journey, travel
from bench.peer import Peer, installed, start
from bench.stage import CLIENT, PEOPLE, SECRET, TENANT, Cost, Stage, add, clocks, note
from tests.ports import free_port

ROUNDS = 3
SIGN_INS = 240
"""Per round."""

LOGIN_PEERS = (
    Peer("Authlib + Flask, stores nothing", "authlib"),
    Peer("identity + MSAL, Microsoft's sample", "identity"),
    Peer("better-auth on Node, SQLite", "better-auth", is_node=True, callback="/api/auth/callback/microsoft"),
)


def measure(on: Stage) -> list[Cost]:
    """Ours first. Peers that are not installed are left out."""
    found = installed(LOGIN_PEERS)
    ports = {peer.folder: free_port() for peer in found}
    callbacks = [f"http://localhost:{ports[peer.folder]}{peer.callback}" for peer in found]
    _register(on, callbacks)
    environment = {
        "AUTHORITY": f"{on.bench.directory_url}/{TENANT}",
        # What makes programs in Python and on Node trust a CA.
        "REQUESTS_CA_BUNDLE": on.bench.trust,
        "NODE_EXTRA_CA_CERTS": on.bench.trust,
        "CLIENT_ID": CLIENT,
        "CLIENT_SECRET": SECRET,
    }
    trees = {peer.folder: start(on.bench, peer, ports[peer.folder], **environment) for peer in found}
    costs = {peer.folder: Cost(peer.name) for peer in found}
    ours = Cost("Portico, PostgreSQL and Redis, with its worker")
    # The first round signs people in for the first time and warms everything.
    for number in range(ROUNDS + 1):
        _sign_in(on, Cost("warm") if number == 0 else ours)
        for peer in found:
            journey = _journey(on, ports[peer.folder], "/login")
            cost = Cost("warm") if number == 0 else costs[peer.folder]
            add(cost, on.bench, (trees[peer.folder],), partial(travel, journey))
    return [ours, *costs.values()]


def table(costs: list[Cost]) -> str:
    """In Markdown. A ratio is to Authlib's example, which does the least."""
    least = next((cost for cost in costs if cost.name.startswith("Authlib")), costs[0])
    lines = [
        "| whole sign-ins | ratio | CPU s per 1000 | PostgreSQL's | per second | p50 ms | p99 ms | MB per process |",
        f"|---|{'--:|' * 7}",
    ]
    for cost in costs:
        database = f"{cost.database_per_thousand:.2f}" if cost is costs[0] else ""
        cells = [cost.name, f"{cost.per_thousand / least.per_thousand:.2f}", f"{cost.per_thousand:.1f}", database]
        cells += [f"{cost.count / cost.seconds:.0f}", f"{cost.milliseconds(0.5):.0f}", f"{cost.milliseconds(0.99):.0f}"]
        lines.append(f"| {' | '.join([*cells, f'{cost.megabytes:.0f}'])} |")
    return "\n".join(lines)


def _sign_in(on: Stage, cost: Cost) -> None:
    """Ours, with the worker's tasks afterwards."""
    before = clocks(on.bench, on.trees)
    taken = travel(_journey(on, on.web.port, "/login/contoso", on.host))
    on.wait_for_queue()
    note(cost, on.bench, on.trees, before, taken)


def _register(on: Stage, callbacks: list[str]) -> None:
    """Adds the peers' redirect URIs to those of the one application at the directory."""
    ours = sorted({on.bench.callback(visitor.public_id) for visitor in on.visitors})
    on.bench.register_redirect_uris(TENANT, CLIENT, [*ours, *callbacks])


def _journey(on: Stage, port: int, page: str, host: str = "") -> Journey:
    return Journey(port, page, on.bench.sandbox_port, on.bench.trust, PEOPLE, SIGN_INS, host)
