"""Proves that no unit of work can lose its commit without a failing test.

First every test runs once to record which units it commits; then, for each unit, those tests run without this commit
in order of how specific they are, until one fails. Prints the units whose loss no test noticed; there must be none.
On SQLite: a commit is the same on both databases.

With names (`app.people app.crm.sync`) it tries the units below these alone, and with `--tests tests/people` by these
tests alone. A run that was interrupted is resumed by the next with the same arguments, if no source has changed since.
"""

import json
import os
import subprocess
import sys
from argparse import ArgumentParser
from collections import Counter, defaultdict
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from shutil import rmtree

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
RUNS = ROOT / "test-results" / "commits"
SOURCES = ("app", "sandbox", "tests", "templates")


def main(arguments: list[str]) -> int:
    parser = ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("names", nargs="*", default=["app"])
    parser.add_argument("--tests", nargs="+", default=["tests"])
    asked = parser.parse_args(arguments)
    units = [
        unit for unit in all_units() if f"{unit}.".startswith(tuple(f"{name}." for name in asked.names or ["app"]))
    ]
    folder = _folder_of_run(arguments)
    committed = _record(folder, asked.tests)
    killers = _lose({unit: committed[unit] for unit in units if unit in committed}, folder)
    rmtree(folder)
    faults = {unit: "no test commits it" for unit in units if unit not in committed}
    faults |= {unit: "no test fails without its commit" for unit, killer in killers.items() if killer is None}
    for unit, fault in sorted(faults.items()):
        print(f"{unit}: {fault}")  # noqa: T201
    print(f"{len(killers)} units lost their commit; {len(faults)} could without a failing test")  # noqa: T201
    return 1 if faults else 0


def _folder_of_run(arguments: Iterable[str]) -> Path:
    """What a run with these arguments and sources has found so far."""
    digest = sha256(" ".join(arguments).encode())
    for path in sorted(path for source in SOURCES for path in (ROOT / source).rglob("*") if path.suffix != ".pyc"):
        if path.is_file():
            digest.update(path.read_bytes())
    folder = RUNS / digest.hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _record(folder: Path, paths: Iterable[str]) -> dict[str, list[str]]:
    """The tests of each unit: those that commit few others first, and of those the ones of its package."""
    recorded = folder / "recorded"
    if not recorded.exists():
        records = folder / "records"
        rmtree(records, ignore_errors=True)
        records.mkdir()
        ignored = [f"--ignore=tests/{name}" for name in ELSEWHERE]
        command = [*PYTEST, *paths, "-k", "sqlite", "-n", str(PROCESSES), "-p", "tests.mutation.recording", *ignored]
        subprocess.run(command, cwd=ROOT, env=os.environ | {FOLDER: str(records)}, check=True)
        recorded.write_text("".join(file.read_text() for file in records.glob("*.jsonl")))
    pairs = [json.loads(line) for line in recorded.read_text().splitlines()]
    number = Counter(test for test, _ in pairs)
    tests: dict[str, list[str]] = defaultdict(list)
    for test, unit in sorted(pairs, key=lambda pair: (number[pair[0]], _is_elsewhere(*pair), pair)):
        tests[unit].append(test)
    return tests


def _is_elsewhere(test: str, unit: str) -> bool:
    return not test.startswith(f"tests/{unit.split('.')[1]}/")


def _lose(committed: dict[str, list[str]], folder: Path) -> dict[str, str | None]:
    """Each unit with the test that failed without its commit, or with None."""
    result = folder / "killers"
    result.touch()
    open_units = sorted(set(committed) - set(_killers(result)))
    running = []
    for number in range(PROCESSES):
        plan, log = folder / f"{number}.plan", folder / f"{number}.log"
        mine = {unit: committed[unit] for unit in open_units[number::PROCESSES]}
        plan.write_text(json.dumps(mine))
        command = [*PYTEST, "-n", "0", "--timeout", str(LONGEST_TEST), *CALL_ONLY, "-p", "tests.mutation.losing"]
        command += sorted({test.partition("::")[0] for tests in mine.values() for test in tests})
        environment = os.environ | {PLAN: str(plan), RESULT: str(result)}
        if mine:
            with log.open("wb") as file:
                running.append(subprocess.Popen(command, cwd=ROOT, env=environment, stdout=file, stderr=file))
    for process in running:
        process.wait()
    killers = _killers(result)
    if missing := set(committed) - set(killers):
        raise RuntimeError(f"pytest ended before it had tried {sorted(missing)}; see {folder}")
    return killers


def _killers(result: Path) -> dict[str, str | None]:
    return dict(json.loads(line) for line in result.read_text().splitlines())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
