"""The package as others install it: a wheel without Portico."""

import subprocess
import sys
import zipfile
from pathlib import Path

from app.settings import ROOT

BIN = Path(sys.executable).parent


def test_the_wheel_is_complete_and_works_without_portico(tmp_path: Path) -> None:
    build = [str(BIN / "uv"), "build", "--quiet", "--wheel", "--offline", "--no-build-isolation"]
    package = str(ROOT / "clients" / "flask_portico")
    subprocess.run([*build, "--python", sys.executable, "--out-dir", str(tmp_path), package], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path / "installed")
    source = ROOT / "clients" / "flask_portico" / "flask_portico"
    installed = tmp_path / "installed"
    assert {path.name for path in (installed / "flask_portico").iterdir()} >= {
        path.name for path in source.iterdir() if path.suffix in (".py", ".typed")
    }
    (entry_points,) = installed.glob("*.dist-info/entry_points.txt")
    assert "portico=flask_portico.pytest_plugin" in entry_points.read_text().replace(" ", "")
    program = (
        "import sys, flask_portico, flask_portico.pytest_plugin;"
        "print(flask_portico.__file__);"
        "sys.exit([name for name in sys.modules if name.partition('.')[0] in ('app', 'sandbox')] or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith(str(installed))
