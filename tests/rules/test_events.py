"""Every event is a class that some code records, with sentences that use its own fields."""

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from string import Formatter

from app.audit import events
from app.audit.catalog import GROUPS, WORDS
from app.audit.events.base import REGISTRY, Event
from app.settings import ROOT

ALWAYS_AVAILABLE = {"who", "actor", "subject", "own"}
"""Names available in every sentence; see the catalog."""
WRITERS = ("app", "bench", "demo", "tests")


def event_classes() -> set[type[Event]]:
    for module in pkgutil.iter_modules(events.__path__, f"{events.__name__}."):
        importlib.import_module(module.name)
    return {event for event in REGISTRY.values() if event.__module__.startswith(f"{events.__name__}.")}


def recording_modules() -> Iterator[tuple[Path, ast.Module]]:
    for folder in WRITERS:
        for path in (ROOT / folder).rglob("*.py"):
            tree = ast.parse(path.read_text())
            if any(
                isinstance(node, ast.ImportFrom)
                and node.module == "app.audit.log"
                and any(alias.name == "record" for alias in node.names)
                for node in ast.walk(tree)
            ):
                yield path, tree


def test_every_event_has_sentences_in_the_catalog() -> None:
    assert len(event_classes()) > 40
    assert {event.__name__ for event in event_classes() ^ set(WORDS)} == set(), "app/audit/catalog.py needs a line"
    for event, (group, *sentences) in WORDS.items():
        assert group in GROUPS, event
        assert sentences, event


def test_sentence_uses_only_fields_of_its_event() -> None:
    unknown = {
        (event.__name__, name)
        for event, (_, *sentences) in WORDS.items()
        for one in sentences
        for _, name, _, _ in Formatter().parse(one)
        if name is not None and name not in ALWAYS_AVAILABLE | {field.name for field in fields(event)}
    }
    assert unknown == set()


def test_every_event_is_recorded_somewhere() -> None:
    named = {
        node.id
        for path, tree in recording_modules()
        if path.is_relative_to(ROOT / "app")
        for node in ast.walk(tree)
        if isinstance(node, ast.Name)
    }
    assert {event.__name__ for event in event_classes()} - named == set()


def test_events_are_recorded_as_objects_only() -> None:
    """mypy finds most of these, but doesn't read the tests."""
    calls = [
        (f"{path.relative_to(ROOT)}:{node.lineno}", node)
        for path, tree in recording_modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "record"
    ]
    assert len(calls) > 60
    assert [place for place, call in calls if len(call.args) != 1 or call.keywords] == []
    assert [place for place, call in calls if not isinstance(call.args[0], ast.Call | ast.Name)] == []
