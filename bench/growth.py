"""How a hundred thousand companies affect each one: pages and sign-ins on a small and on a large database, filled
alike, each with its own instance, measured alternately.

Requests go to many companies in turn, so that neither database benefits from a cached row.
"""

from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from functools import partial

from bench.client import Load, send
from bench.filling import WITH_PHOTO, Size, fill
from bench.sign_ins import session_cookies
from bench.stage import Cost, Stage, add, add_sign_ins, stage

SMALL = Size(companies=10, people=100, entries=500)
GOAL = 1.15
ROUNDS = 4
REQUESTS = 600
"""Per round."""
SIGN_INS = 200
SIGN_IN_ROUNDS = 4
LOGIN_PAGES = 200
MANY_LOGIN_PAGES = 1500
"""More than any process caches."""


@dataclass
class Pair:
    """The same on the small and on the large database."""

    name: str
    costs: list[Cost] = field(default_factory=list)


def measure(large: Size) -> list[Pair]:
    with ExitStack() as stack:
        stages = [stack.enter_context(_stage(size)) for size in (SMALL, large)]
        loads = [_loads(on) for on in stages]
        pairs = [_pages(name, stages, [own[name] for own in loads]) for name in loads[0]]
        return [*pairs, _sign_ins(stages)]


def _stage(size: Size) -> AbstractContextManager[Stage]:
    return stage(lambda bench: fill(bench, size, MANY_LOGIN_PAGES))


def table(pairs: list[Pair], large: Size) -> str:
    """As a table in Markdown."""
    sizes = f"{LOGIN_PAGES} companies in turn, of {large.companies:,} to of {SMALL.companies}"
    ratios = "goal | **CPU, ratio** | ours | PostgreSQL's | p50, ratio"
    lines = [f"| {sizes} | {ratios} | CPU s per 1000 | PostgreSQL's | p50 ms |", f"|---|{'--:|' * 8}"]
    lines += [_line(pair) for pair in pairs]
    return "\n".join(lines)


def _line(pair: Pair) -> str:
    few, many = pair.costs
    both = [(cost.cpu + cost.database_cpu) / cost.count for cost in pair.costs]
    ratios = [
        both[1] / both[0],
        many.per_thousand / few.per_thousand,
        many.database_per_thousand / few.database_per_thousand,
        many.milliseconds(0.5) / few.milliseconds(0.5),
    ]
    values = [
        f"{few.per_thousand:.2f} → {many.per_thousand:.2f}",
        f"{few.database_per_thousand:.2f} → {many.database_per_thousand:.2f}",
        f"{few.milliseconds(0.5):.1f} → {many.milliseconds(0.5):.1f}",
    ]
    return f"| {pair.name} | {GOAL} | {' | '.join(f'{ratio:.2f}' for ratio in ratios)} | {' | '.join(values)} |"


def _loads(on: Stage) -> dict[str, Load]:
    """The loads by what they request. Signs in the people of the first login pages."""
    login_pages = on.visitors[:LOGIN_PAGES]
    cookies = [session_cookies(replace(on.visits(1), visitors=[visitor])) for visitor in login_pages]
    on.wait_for_queue()
    photos: dict[str, str] = dict(
        on.bench.sql(
            "SELECT code, '/people/' || person.id || '/avatar?v=' || substr(avatar_hash, 1, 16) "
            "FROM person JOIN login_page USING (company_id) WHERE code = ANY(%s) AND person.oid = %s",
            [visitor.code for visitor in login_pages],
            WITH_PHOTO,
        )
    )
    host, port = {"Host": on.host}, on.web.port
    near, far = ([f"/login/{visitor.code}" for visitor in visitors] for visitors in (login_pages, on.visitors))
    faces = [str(photos[visitor.code]) for visitor in login_pages]
    return {
        "login page": Load(port, near, REQUESTS, host),
        "login page, 1,500 companies in turn": Load(port, far, MANY_LOGIN_PAGES, host),
        "account": Load(port, ["/account"] * len(login_pages), REQUESTS, host, cookies=cookies),
        "avatar": Load(port, faces, REQUESTS, host, cookies=cookies),
    }


def _pages(name: str, stages: list[Stage], loads: list[Load]) -> Pair:
    pair = Pair(name, [Cost(name) for _ in stages])
    for load in loads:
        send(load)
    for _round in range(ROUNDS):
        for cost, on, load in zip(pair.costs, stages, loads, strict=True):
            add(cost, on.bench, (on.web,), partial(send, load))
    return pair


def _sign_ins(stages: list[Stage]) -> Pair:
    name = "sign-in of a returning person"
    pair = Pair(name, [Cost(name) for _ in stages])
    for _round in range(SIGN_IN_ROUNDS):
        for cost, on in zip(pair.costs, stages, strict=True):
            add_sign_ins(cost, on, replace(on.visits(SIGN_INS), visitors=on.visitors[:LOGIN_PAGES]))
    return pair
