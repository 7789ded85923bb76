"""Proves that no unit of work can lose its commit without a failing test.

First every test runs once to record which units it commits; then, for each unit, those tests run without this commit
in order of how specific they are, until one fails. Prints the units whose loss no test noticed; there must be none.
On SQLite: a commit is the same on both databases.
"""

import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from app.settings import ROOT
from tests.mutation.losing import PLAN, RESULT
from tests.mutation.recording import FOLDER
from tests.mutation.units import all_units

PROCESSES = os.cpu_count() or 1
ELSEWHERE = ("e2e", "resilience", "rules")
"""They start their own processes, or call every view."""
PYTEST = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider")
LONGEST_TEST = 20
"""Seconds. Work that repeats until nothing is left never ends without its commit."""
CALL_ONLY = ("-o", "timeout_func_only=true")
"""The tests are run by our own loop, which has no timeout around it."""


def main() -> int:
    with TemporaryDirectory() as folder:
        committed = _record(Path(folder))
        killers = dict(_lose(committed, Path(folder)))
    faults = {unit: "no test commits it" for unit in all_units() if unit not in committed}
    faults |= {unit: "no test fails without its commit" for unit, killer in killers.items() if killer is None}
    for unit, fault in sorted(faults.items()):
        print(f"{unit}: {fault}")  # noqa: T201
    print(f"{len(killers)} units lost their commit; {len(faults)} could without a failing test")  # noqa: T201
    return 1 if faults else 0


def _record(folder: Path) -> dict[str, list[str]]:
    """The tests of each unit: those that commit few others first, and of those the ones of its package."""
    ignored = [f"--ignore=tests/{name}" for name in ELSEWHERE]
    command = [*PYTEST, "tests", "-k", "sqlite", "-n", str(PROCESSES), "-p", "tests.mutation.recording", *ignored]
    subprocess.run(command, cwd=ROOT, env=os.environ | {FOLDER: str(folder)}, check=True)
    pairs = [json.loads(line) for file in folder.glob("*.jsonl") for line in file.read_text().splitlines()]
    number = Counter(test for test, _ in pairs)
    tests: dict[str, list[str]] = defaultdict(list)
    for test, unit in sorted(pairs, key=lambda pair: (number[pair[0]], _is_elsewhere(*pair), pair)):
        tests[unit].append(test)
    return tests


def _is_elsewhere(test: str, unit: str) -> bool:
    return not test.startswith(f"tests/{unit.split('.')[1]}/")


def _lose(committed: dict[str, list[str]], folder: Path) -> Iterator[tuple[str, str | None]]:
    """Each unit with the test that failed without its commit, or with None."""
    running = []
    for number in range(PROCESSES):
        plan, result = folder / f"{number}.plan", folder / f"{number}.result"
        mine = {unit: committed[unit] for unit in sorted(committed)[number::PROCESSES]}
        plan.write_text(json.dumps(mine))
        command = [*PYTEST, "-n", "0", "--timeout", str(LONGEST_TEST), *CALL_ONLY, "-p", "tests.mutation.losing"]
        command += sorted({test.partition("::")[0] for tests in mine.values() for test in tests})
        environment = os.environ | {PLAN: str(plan), RESULT: str(result)}
        with (folder / f"{number}.log").open("wb") as log:
            running.append((subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log), mine, result))
    for process, mine, result in running:
        process.wait()
        killers = dict(json.loads(line) for line in result.read_text().splitlines())
        if missing := set(mine) - set(killers):
            raise RuntimeError(f"pytest ended before it had tried {sorted(missing)}")
        yield from killers.items()


if __name__ == "__main__":
    sys.exit(main())
