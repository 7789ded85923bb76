"""docs/operate.md as written: its commands run one after the other in an empty folder."""

import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.directory import Directory
from tests.e2e.processes import ROOT, stop, until
from tests.ports import free_port

GUIDE = ROOT / "docs" / "operate.md"
NOT_OF_THE_REPOSITORY = (".git", ".venv", "node_modules", "instance", ".env", "*_cache", "__pycache__", "test-results")
SKIPPED = {"root", "the internet", "root and PostgreSQL", "root and systemd", "PostgreSQL", "granian"}
"""What a block of the guide may need that this test lacks; `Installation` replaces its effects."""


def blocks() -> Iterator[tuple[str, str]]:
    """Each block of commands with what it needs; empty if this test can run it."""
    for found in re.findall(r"^( *)```sh\n(.*?)^ *```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL):
        commands = textwrap.dedent(found[1])
        needs = re.match(r"# needs (.+)\n", commands)
        yield (needs[1] if needs else ""), commands


class Installation:
    """An empty folder, and the processes that systemd would run."""

    def __init__(self, folder: Path, directory: Directory) -> None:
        self.folder = folder
        self.port = free_port()
        # This machine's values instead of a real directory. The keys come from the guide's .env.
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(folder),  # this copy, even if the virtual environment was made for another
            "BASE_URL": f"http://localhost:{self.port}",
            "PORT": str(self.port),
            "MICROSOFT_CLOUD": "sandbox",
            "SANDBOX_PORT": str(directory.port),
        }
        self.processes: list[subprocess.Popen[bytes]] = []

    def run(self, commands: str) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{commands}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def instead(self, commands: str) -> None:
        """Replaces the effects of a skipped block."""
        if "make install" in commands and not (self.folder / ".venv").exists():
            shutil.copytree(
                ROOT, self.folder, ignore=shutil.ignore_patterns(*NOT_OF_THE_REPOSITORY), dirs_exist_ok=True
            )
            (self.folder / ".venv").symlink_to(sys.prefix)
        elif "systemctl" in commands:
            self.stop()
            self.start()

    def start(self) -> None:
        settings = re.findall(r"^(\w+)=(.*)$", (self.folder / ".env").read_text(), re.MULTILINE)
        environment = {**dict(settings), **self.environment}
        for name, command in re.findall(r"^(web|worker): (.+)$", (self.folder / "Procfile").read_text(), re.MULTILINE):
            with (self.folder / f"{name}.log").open("ab") as log:
                self.processes.append(
                    subprocess.Popen(
                        [*f".venv/bin/{command}".split()], cwd=self.folder, env=environment, stdout=log, stderr=log
                    )
                )
        # The worker reports once at its start.
        until(lambda: "OK    worker" in self.doctor(), self.processes[1])

    def doctor(self) -> str:
        return subprocess.run(
            [".venv/bin/flask", "doctor"],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        ).stdout

    def stop(self) -> None:
        stop(*self.processes)
        self.processes.clear()


@pytest.fixture
def installation(tmp_path: Path, directory: Directory) -> Iterator[Installation]:
    made = Installation(tmp_path / "portico", directory)
    made.folder.mkdir()
    yield made
    made.stop()


# It starts some twenty commands, one after the other.
@pytest.mark.timeout(600)
def test_operators_guide_works_as_written(installation: Installation) -> None:
    printed, skipped = "", []
    for needs, commands in blocks():
        if needs:
            skipped.append(needs)
            installation.instead(commands)
        else:
            printed += installation.run(commands)
    assert set(skipped) == SKIPPED
    assert f"http://localhost:{installation.port}/login/contoso/recovery?key=" in printed
    assert printed.count("OK    directory") == 3, "at the installation, after the keys and after the upgrade"
    assert "FAIL" not in printed
    assert "older key in use" not in printed


def test_example_settings_start_once_required_ones_are_filled_in(installation: Installation) -> None:
    _, commands = next(block for block in blocks() if "cp .env.example .env" in block[1])
    installation.instead("make install")
    installation.run(commands)
    for name in ("BASE_URL", "PORT", "MICROSOFT_CLOUD", "SANDBOX_PORT"):
        del installation.environment[name]
    printed = installation.run(
        ".venv/bin/flask db upgrade && .venv/bin/python -c 'from wsgi import app; print(app.config[\"BASE_URL\"])'"
    )
    assert "https://app.example.com" in printed
