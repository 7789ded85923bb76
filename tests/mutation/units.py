"""The units of work of `app/`, by name: `module.function` for a view or a decorated function, with the line of its
`with` statement for a block.
"""

import ast
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import sqlalchemy as sa

from app.core.session import Session
from app.settings import ROOT
from app.urls import ROUTES

UNIT_OF_WORK = "unit_of_work()"
APP = ROOT / "app"


def all_units() -> list[str]:
    """Every unit: the views that run inside one, the decorated functions and the blocks."""
    views = {f"{route.view.__module__}.{route.view.__name__}" for route in ROUTES if route.runs_in_unit}
    return sorted(views.union(*(_of_file(path) for path in APP.rglob("*.py"))))


def _of_file(path: Path) -> set[str]:
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    decorated = {
        f"{module}.{node.name}"
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.FunctionDef)
        and any(ast.unparse(decorator) == UNIT_OF_WORK for decorator in node.decorator_list)
    }
    return decorated | {f"{module}.{function}:{block.lineno}" for function, block in _blocks(path)}


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def _blocks(path: Path) -> list[tuple[str, ast.With]]:
    """The `with unit_of_work():` of a file, each with the innermost function around it, which is walked last."""
    found = {
        node: function.name
        for function in ast.walk(_tree(path))
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.With) and any(ast.unparse(item.context_expr) == UNIT_OF_WORK for item in node.items)
    }
    return [(function, block) for block, function in found.items()]


class _Ending(threading.local):
    """The unit whose commit has started, in this thread."""

    unit: str | None = None


@contextmanager
def watched_commits(is_lost: Callable[[str], bool], seen: Callable[[str], object]) -> Iterator[None]:
    """Calls `seen` with each unit of `app/` that wrote something, and for some rolls back in the database what it
    commits. The session doesn't notice, as if the author had forgotten the commit.
    """
    commit, ending = Session.commit, _Ending()

    def named(session: Session) -> None:
        ending.unit = _name_of_unit(sys._getframe(1)) if session.unit and session.unit.is_ending else None
        try:
            commit(session)
        finally:
            ending.unit = None

    def before_commit(connection: sa.Connection) -> None:
        driver: Any = connection.connection.dbapi_connection
        if ending.unit and driver.in_transaction:
            seen(ending.unit)
            if is_lost(ending.unit):
                driver.rollback()

    sa.event.listen(sa.Engine, "commit", before_commit)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Session, "commit", named)
        yield
    sa.event.remove(sa.Engine, "commit", before_commit)


def _name_of_unit(frame: FrameType | None) -> str | None:
    """The unit that ends, of the frames of its commit; None if it is not one of `app/`."""
    while frame and frame.f_globals["__name__"] in ("app.core.unit_of_work", "contextlib"):
        if "func" in frame.f_locals:
            function = frame.f_locals["func"]
            return f"{function.__module__}.{function.__name__}" if function.__module__.startswith("app.") else None
        frame = frame.f_back
    if not frame or not frame.f_globals["__name__"].startswith("app."):
        return None
    around = [
        (function, block)
        for function, block in _blocks(Path(frame.f_code.co_filename))
        if block.lineno <= frame.f_lineno <= (block.end_lineno or 0)
    ]
    ((function, block),) = around
    return f"{frame.f_globals['__name__']}.{function}:{block.lineno}"
