"""`make bench`: prints the tables of docs/performance.md, measured here and now.

`python -m bench weight` measures the pages' weight alone, `python -m bench crm` the CRM, `python -m bench crowd` many
people, `python -m bench speed` pages and sign-ins.
"""

import sys

from bench import crm, crowd, speed, weight


def main() -> None:
    parts = {"weight": _weight, "crm": _crm, "crowd": _crowd, "speed": _speed}
    for name in sys.argv[1:] or parts:
        parts[name]()


def _weight() -> None:
    print("Page weight: a login page's first visit, compressed as it is served\n")  # noqa: T201
    print(weight.table(weight.measure()), flush=True)  # noqa: T201


def _crm() -> None:
    print("\nThe CRM: bringing contacts, and finding them\n")  # noqa: T201
    print(f"{crm.table(crm.measure())}\n\n{crm.seek_table(crm.seek())}", flush=True)  # noqa: T201


def _crowd() -> None:
    print("\nMany people: a file of them, and the list with them\n")  # noqa: T201
    print(crowd.table(crowd.measure()), flush=True)  # noqa: T201


def _speed() -> None:
    print("\nSpeed: 2 gunicorn workers, PostgreSQL, warm\n", flush=True)  # noqa: T201
    with speed.stage() as on:
        pages = speed.pages(on)
        print(speed.table(pages, speed.sign_ins(on)), flush=True)  # noqa: T201


main()
