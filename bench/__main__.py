"""`make bench`: measures and prints the tables of docs/performance.md.

`make bench PART=login`, or `python -m bench login`, measures only one part: whole sign-ins beside those of other
programs; provider is what applications ask for, likewise (bench/peers). The others are speed (pages and sign-ins),
weight (of pages), crm, crowd (many people), nodes (two compared with one), scim (a directory of 100,000 people), memory
and growth. The last two accept sizes: `python -m bench memory 100000` (sign-ins) and
`python -m bench growth 100000 1000000 5000000` (companies, people, audit entries).
"""

import sys
from collections.abc import Callable

from bench import crm, crowd, growth, login, memory, nodes, provider, scim, speed, weight
from bench.filling import Size
from bench.stage import machine, stage

SIGN_INS = 5000
SIZE = Size(companies=2000, people=20_000, entries=100_000)


def main() -> None:
    parts: dict[str, Callable[..., None]] = {
        "weight": _weight,
        "crm": _crm,
        "crowd": _crowd,
        "login": _login,
        "provider": _provider,
        "speed": _speed,
        "growth": _growth,
        "memory": _memory,
        "nodes": _nodes,
        "scim": _scim,
    }
    numbers = [int(one) for one in sys.argv[1:] if one.isdecimal()]
    for name in [one for one in sys.argv[1:] if not one.isdecimal()] or parts:
        parts[name](*numbers)


def _weight() -> None:
    print("Page weight: a login page's first visit, compressed as it is served\n")  # noqa: T201
    print(weight.table(weight.measure()), flush=True)  # noqa: T201


def _crm() -> None:
    print("\nThe CRM: syncing contacts, and searching them\n")  # noqa: T201
    print(f"{crm.table(crm.measure())}\n\n{crm.search_table(crm.search())}", flush=True)  # noqa: T201


def _crowd() -> None:
    print("\nMany people: an import, and the list afterwards\n")  # noqa: T201
    print(crowd.table(crowd.measure()), flush=True)  # noqa: T201


def _speed() -> None:
    print("\nSpeed: 2 gunicorn workers, PostgreSQL, warm\n", flush=True)  # noqa: T201
    with stage() as on:
        speed.warm(on)
        pages = speed.pages(on)
        print(speed.table(pages, speed.sign_ins(on)), flush=True)  # noqa: T201


def _login() -> None:
    print(f"\nWhole sign-ins, beside others: {machine()}\n", flush=True)  # noqa: T201
    with stage(over_tls=True) as on:
        print(login.table(login.measure(on)), flush=True)  # noqa: T201


def _provider() -> None:
    print(f"\nAn OpenID provider, beside others: {machine()}\n", flush=True)  # noqa: T201
    with stage() as on:
        print(provider.table(*provider.measure(on)), flush=True)  # noqa: T201


def _growth(*numbers: int) -> None:
    size = Size(*numbers) if numbers else SIZE
    print(  # noqa: T201
        f"\nGrowth: {size.companies:,} companies, {size.people:,} people, {size.entries:,} entries\n", flush=True
    )
    print(growth.table(growth.measure(size), size), flush=True)  # noqa: T201


def _memory(sign_ins: int = SIGN_INS) -> None:
    print("\nMemory: the same processes after many sign-ins\n", flush=True)  # noqa: T201
    print(memory.table(memory.measure(sign_ins)), flush=True)  # noqa: T201


def _nodes() -> None:
    print("\nTwo nodes compared with one, each pinned to a core\n", flush=True)  # noqa: T201
    print(nodes.table(nodes.measure()), flush=True)  # noqa: T201


def _scim() -> None:
    print("\nSCIM: a directory with 100,000 people, and a group of 50,000 members\n", flush=True)  # noqa: T201
    print(scim.table(scim.measure()), flush=True)  # noqa: T201


main()
