"""The cost of pages and sign-ins: mainly CPU time of the server's processes, which is what operators pay for."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from bench.client import Load, send
from bench.sign_ins import Plain, plain_loop, session_cookies, sign_in
from bench.stage import CLIENT, PEOPLE, SECRET, TENANT, Cost, Stage, add, add_sign_ins

ROUNDS = 4
"""Measurements alternate, so that a temporarily busy machine affects all of them."""
REQUESTS = 400
"""Per round."""
SIGN_INS = 400
WARM = 80


def warm(on: Stage) -> None:
    """Signs the people in, so that they are returning people later."""
    sign_in(on.visits(WARM), lambda: None)
    on.wait_for_queue()


def pages(on: Stage) -> list[Cost]:
    """The bare Flask route and our pages, alternately."""
    hello = on.bench.hello()
    cookies = session_cookies(on.visits(1))
    on.wait_for_queue()
    host = {"Host": on.host}
    mine = {**host, "Cookie": cookies}
    ((person, version),) = on.bench.sql(
        "SELECT id, substr(avatar_hash, 1, 16) FROM person WHERE oid = %s", on.visitors[0].oid
    )
    avatar = f"/people/{person}/avatar?v={version}"
    files = Path(__file__).parent.parent / "static" / "dist"
    style = next(path.name for path in files.iterdir() if path.name.startswith("app.") and path.suffix == ".css")
    port = on.web.port
    compressed = {**host, "Accept-Encoding": "gzip, br"}
    kept = {**mine, "If-None-Match": f'"{version}"'}
    wanted = [
        (Cost("hello, bare Flask"), hello, Load(hello.port, ["/"], REQUESTS, host)),
        (Cost("login page", 2.0), on.web, Load(port, ["/login/contoso"], REQUESTS, host)),
        (Cost("account, signed in", 3.0), on.web, Load(port, ["/account"], REQUESTS, mine)),
        (Cost("avatar", 2.0), on.web, Load(port, [avatar], REQUESTS, mine)),
        (Cost("avatar, 304", 1.5), on.web, Load(port, [avatar], REQUESTS, kept, status=304)),
        (Cost("static file, Brotli", 0.8), on.web, Load(port, [f"/static/{style}"], REQUESTS, compressed)),
    ]
    for _cost, _tree, load in wanted:
        send(replace(load, count=WARM))
    for _round in range(ROUNDS):
        for cost, tree, load in wanted:
            add(cost, on.bench, (tree,), partial(send, load))
    return [cost for cost, _tree, _load in wanted]


def sign_ins(on: Stage) -> list[Cost]:
    """The plain loop, then our sign-ins, including the worker's profile sync."""
    plain, ours = Cost("plain loop: token, Graph, signature"), Cost("sign-in of a returning person", 6.0)
    secret = Plain(
        on.bench.sandbox_port,
        TENANT,
        CLIENT,
        SECRET,
        on.bench.callback(on.visitors[0].public_id),
        PEOPLE,
        SIGN_INS // 2,
    )
    for _round in range(2):
        plain.cpu += plain_loop(secret)
        plain.count += secret.count
        add_sign_ins(ours, on, on.visits(SIGN_INS))
    return [plain, ours]


def table(pages: list[Cost], sign_ins: list[Cost]) -> str:
    """Both as one table in Markdown; the ratio of a sign-in is to the plain loop."""
    head = "| what | goal | ratio | CPU s per 1000 | PostgreSQL's | per second | p50 ms | p99 ms | MB per process |"
    lines = [head, f"|---|{'--:|' * 8}"]
    lines += [_line(cost, pages[0], f"{cost.goal:.1f}×" if cost.goal else "") for cost in pages]
    lines += [_line(cost, sign_ins[0], f"{cost.goal:.0f} CPU s" if cost.goal else "") for cost in sign_ins]
    return "\n".join(lines)


def _line(cost: Cost, least: Cost, goal: str) -> str:
    cells = [cost.name, goal, f"{cost.per_thousand / least.per_thousand:.2f}", f"{cost.per_thousand:.2f}"]
    if cost.latencies:
        cells += [
            f"{cost.database_per_thousand:.2f}",
            f"{cost.count / cost.seconds:.0f}",
            f"{cost.milliseconds(0.5):.1f}",
            f"{cost.milliseconds(0.99):.1f}",
            f"{cost.megabytes:.0f}",
        ]
    else:
        cells += [""] * 5
    return f"| {' | '.join(cells)} |"
