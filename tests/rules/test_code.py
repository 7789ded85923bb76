"""Conventions that can be checked automatically."""

import ast
import json
import re
from pathlib import Path

import pytest

from app.settings import ROOT

LONGEST_FILE = 400
JUNK_DRAWERS = {"utils", "util", "helpers", "helper", "common", "misc", "shared", "lib"}
NOT_OURS = {".git", ".venv", "node_modules", "dist", "instance", "test-results", "__pycache__", ".hypothesis"}
TEXTS = {".py", ".md", ".html", ".js", ".mjs", ".scss", ".css", ".toml", ".json", ".sh", ".in", ".lock", ".example", ""}
# Composed here, so that this file does not contain what it searches for.
FOLDERS_OF_A_MACHINE = re.compile("(?<![\\w.])/(?:" + "|".join(("home", "root", "Users", "work", "mnt")) + ")/\\w")
REGISTRIES = re.compile("registry" + r"\.npmjs|pypi\.or" + "g|files.python" + "hosted|/sim" + "ple/")


def ours(*suffixes: str) -> list[Path]:
    """The repository's own files."""
    return sorted(
        path
        for path in ROOT.rglob("*")
        if path.is_file()
        and not NOT_OURS & set(path.relative_to(ROOT).parts)
        and not path.parent.name.endswith("_cache")
        and not any(part.endswith("_cache") for part in path.relative_to(ROOT).parts)
        and path.suffix in suffixes
    )


def test_no_file_is_too_long() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for path in ours(".py", ".html", ".js", ".mjs", ".scss", ".css")
        if "migrations" not in path.parts
    }
    del lengths["app/urls.py"]  # the whole URL map is on one page, however long
    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def test_there_is_no_junk_drawer_module() -> None:
    assert [path for path in ours(".py", ".html", ".js") if path.stem in JUNK_DRAWERS] == []


def test_every_module_of_the_application_has_a_docstring() -> None:
    app = [path for path in ours(".py") if (ROOT / "app") in path.parents and path.read_text().strip()]
    assert [str(path.relative_to(ROOT)) for path in app if not path.read_text().startswith('"""')] == []


@pytest.mark.parametrize("root", ["templates", "sandbox/templates"])
def test_every_template_is_used(root: str) -> None:
    folder = ROOT / root
    sources = "".join(path.read_text() for path in ours(".py") if "tests" not in path.parts)
    sources += "".join(path.read_text() for path in ours(".html", ".svg") if folder in path.parents)
    named = set(re.findall(r'"([\w/]+\.(?:html|svg|txt))"', sources))
    assert {str(path.relative_to(folder)) for path in folder.rglob("*.*")} - named == set()


def test_every_style_and_script_is_used() -> None:
    source = ROOT / "static" / "src"
    entries = (ROOT / "static" / "build.mjs").read_text()
    imported = "".join(path.read_text() for path in ours(".scss", ".js"))
    for path in ours(".scss", ".js"):
        if source in path.parents:
            name = path.stem.removeprefix("_")
            assert path.name in entries or re.search(rf'["/]{name}(\.js)?"', imported), path.name


def test_lock_files_name_no_host() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert [name for name, package in packages.items() if "resolved" in package] == []
    for path in (ROOT / "requirements").glob("*.lock"):
        assert "://" not in path.read_text(), path.name


def test_no_file_names_a_local_folder_or_a_registry() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in ours(*TEXTS)
        for pattern in (FOLDERS_OF_A_MACHINE, REGISTRIES)
        for match in pattern.finditer(path.read_text(errors="replace"))
    ]
    assert found == []


def test_every_package_has_a_test_folder() -> None:
    packages = {path.parent.name for path in (ROOT / "app").glob("*/__init__.py")} - {"migrations"}
    tested = {path.parent.name for path in (ROOT / "tests").glob("*/test_*.py")}
    assert packages - tested == set()
    assert tested - packages == {"clients", "e2e", "resilience", "rules", "sandbox"}


def test_every_library_patch_has_a_test() -> None:
    """The test shows the library's fault, so that it fails once the patch is no longer needed."""
    patches = {path.stem for path in (ROOT / "app" / "core" / "patches").glob("[!_]*.py")}
    tested = {path.stem.removeprefix("test_") for path in (ROOT / "tests" / "core" / "patches").glob("test_*.py")}
    assert patches == tested


def test_no_template_ignores_missing_includes() -> None:
    assert [path for path in ours(".html", ".svg", ".txt") if "ignore missing" in path.read_text()] == []


def test_tests_wait_for_conditions_and_never_for_a_fixed_time() -> None:
    """A pause belongs in a loop that checks the condition and has a deadline."""
    faults = []
    for path in (path for path in ours(".py") if (ROOT / "tests") in path.parents):
        tree = ast.parse(path.read_text())
        loops = [loop for loop in ast.walk(tree) if isinstance(loop, ast.While)]
        polling = {id(node) for loop in loops if "deadline" in ast.unparse(loop) for node in ast.walk(loop)}
        faults += [
            f"{path.relative_to(ROOT)}:{node.lineno}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and ast.unparse(node.func).rpartition(".")[2] in ("sleep", "wait_for_timeout")
            and id(node) not in polling
        ]
    assert faults == []


def test_form_fields_are_read_only_by_forms() -> None:
    """A package's `forms.py` declares its fields; `app/http/` reads them for it and for the checks before a view."""
    outside = [
        path for path in ours(".py") if (ROOT / "app") in path.parents and (ROOT / "app/http") not in path.parents
    ]
    faults = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in outside
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("request.form", "request.files", "request.values")
    ]
    assert faults == []


def test_forms_have_one_base_class_and_fields_one_macro() -> None:
    bases = [
        str(path.relative_to(ROOT))
        for path in ours(".py")
        if (ROOT / "app") in path.parents and "import FlaskForm" in path.read_text()
    ]
    assert bases == ["app/http/forms.py"]
    posted = re.compile(r'<form\b[^>]*method="post".*?</form>', re.DOTALL)
    controls = re.compile(r'<(?:input|select|textarea)\b(?![^>]*type="hidden")[^>]*>')
    by_hand = [
        f"{path.relative_to(ROOT)}: {control[0]}"
        for path in sorted((ROOT / "templates").rglob("*.html"))
        # The pages that are opened most, whose few fields have no errors of their own: the macro took a third of them.
        if path.relative_to(ROOT / "templates").as_posix() not in ("login/login.html", "overview/account.html")
        for form in posted.finditer(path.read_text())
        for control in controls.finditer(form[0])
    ]
    assert by_hand == []
