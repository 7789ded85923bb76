"""The texts that people read: of templates, emails, Python, JavaScript and documents."""

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from jinja2 import Environment, nodes
from jinja2.ext import InternationalizationExtension

TEXT_ATTRIBUTES = ("title", "aria-label", "placeholder", "alt")
VALUE = "\0"
"""Replaces what a template inserts."""
GETTEXT = {"_", "gettext", "ngettext", "pgettext", "npgettext"}
GETTEXT_IN_PYTHON = {"_", "_l", "N_", "ngettext"}
BEGINNING = re.compile(r"[A-Z“][a-z’](?!.*\| None$)")
"""SQL begins in capitals, and a type isn’t a text."""
LOWERCASE_WORDS = re.compile(r"[a-z’]{2,} [a-z’]{2,}")
PROSE = re.compile(r"[A-Za-zé’'][,.;:]? \S")
JAVASCRIPT = re.compile(r"//[^\n]*|\"((?:[^\"\\\n]|\\.)*)\"|'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`")
WORD_BREAK = re.compile(r"_+|(?<=[a-z])(?=[A-Z])")
CODE = re.compile(r"^(```|~~~).*?^\1|`[^`\n]*`|\]\([^)]*\)|<[^>\n]*>|https?://\S+", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Text:
    where: str
    text: str
    is_translated: bool = True
    """Whether gettext gets it."""
    is_constant: bool = False
    """Whether it is part of an expression, and perhaps no text at all."""


Reader = Callable[[str, str], Iterator[Text]]


def parse(source: str) -> nodes.Template:
    return Environment(autoescape=True, extensions=[InternationalizationExtension]).parse(source)


def of_template(source: str, where: str) -> Iterator[Text]:
    """Texts between tags and in attributes, and those that an expression contains."""
    outside, inside = _without_expressions(source)
    if where.endswith(".txt"):
        yield from (Text(where, line, is_translated=False) for line in outside.replace(VALUE, "").splitlines() if line)
    else:
        reader = _Reader()
        reader.feed(outside)
        yield from (Text(where, text, is_translated=False) for text in reader.found)
    yield from (Text(where, text) for text in inside)
    yield from _of_expressions(parse(source), where, is_translated=False)


def _without_expressions(source: str) -> tuple[str, list[str]]:
    """The template without what Jinja evaluates, and the texts of its `{% trans %}` blocks."""
    outside, inside, is_trans = [], [], False
    tokens = list(Environment(autoescape=True).lexer.tokeniter(source, None))
    for position, (_, kind, value) in enumerate(tokens):
        if kind == "block_begin":
            name = next(text for _, _, text in tokens[position + 1 :] if not text.isspace())
            if name == "trans":
                is_trans = True
                inside.append("")
            is_trans = is_trans and name != "endtrans"
            if name == "pluralize":
                inside.append("")
        if kind in ("variable_begin", "block_begin"):
            outside.append(VALUE)
        elif kind == "data" and is_trans:
            inside[-1] += value
        elif kind == "data":
            outside.append(value)
    return "".join(outside), inside


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._is_code = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_code = tag in ("script", "style")
        self.found += [value for name, value in attrs if name in TEXT_ATTRIBUTES and value]

    def handle_endtag(self, tag: str) -> None:
        self._is_code = False

    def handle_data(self, data: str) -> None:
        if not self._is_code:
            self.found.append(data.strip())


def _of_expressions(node: nodes.Node, where: str, *, is_translated: bool) -> Iterator[Text]:
    for child in node.iter_child_nodes():
        of_gettext = is_translated
        if isinstance(child, nodes.Call) and isinstance(child.node, nodes.Name):
            of_gettext = is_translated or child.node.name in GETTEXT
        if isinstance(child, nodes.Const) and isinstance(child.value, str):
            yield Text(where, child.value, of_gettext, is_constant=True)
        yield from _of_expressions(child, where, is_translated=of_gettext)


def inserted_into_gettext(source: str) -> Iterator[str]:
    """Where a template passes gettext something other than a literal, which then isn't escaped."""
    for call in parse(source).find_all(nodes.Call):
        is_gettext = isinstance(call.node, nodes.Name) and call.node.name in GETTEXT
        if is_gettext and not all(isinstance(text, nodes.Const) for text in call.args[:1]):
            yield f"line {call.lineno}"


def of_python(source: str, where: str) -> Iterator[Text]:
    """Every text of several words, except documentation."""
    tree = ast.parse(source)
    documentation = {
        id(statement.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        for statement in node.body
        if isinstance(statement, ast.Expr)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in documentation:
            continue
        if PROSE.search(node.value):
            yield Text(f"{where}:{node.lineno}", node.value)


def of_names_and_comments(source: str, where: str) -> Iterator[Text]:
    """What only developers read: docstrings, comments, and defined names as separate words."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield Text(f"{where}:{node.lineno}", WORD_BREAK.sub(" ", node.name))
        elif isinstance(node, ast.arg):
            yield Text(f"{where}:{node.lineno}", WORD_BREAK.sub(" ", node.arg))
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield Text(f"{where}:{node.lineno}", WORD_BREAK.sub(" ", node.id))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield Text(f"{where}:{node.lineno}", node.value.value)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield Text(f"{where}:{token.start[0]}", token.string)


def of_javascript(source: str, where: str) -> Iterator[Text]:
    for found in JAVASCRIPT.finditer(source):
        text = next((part for part in found.groups() if part), "")
        if PROSE.search(text):
            yield Text(where, text)


def of_document(source: str, where: str) -> Iterator[Text]:
    """Its lines without code, addresses and former names of classes."""
    source = source.partition("\n## Glossary")[0]
    blanked = CODE.sub(lambda found: "\n" * found[0].count("\n"), source)
    yield from (Text(f"{where}:{number}", line) for number, line in enumerate(blanked.splitlines(), 1) if line.strip())


def everywhere(root: Path) -> Iterator[Text]:
    yield from _of_files(
        root,
        ("templates", "**/*.html", of_template),
        ("templates", "**/*.txt", of_template),
        ("app", "**/*.py", of_python),
        ("static/src", "**/*.js", of_javascript),
        ("docs", "*.md", of_document),
    )


def for_developers(root: Path) -> Iterator[Text]:
    """Names, docstrings and comments of tests, sandbox and bench, and the texts of the last two."""
    yield from _of_files(
        root,
        ("tests", "**/*.py", of_names_and_comments),
        ("sandbox", "**/*.py", of_names_and_comments),
        ("sandbox", "**/*.py", of_python),
        ("sandbox", "templates/*.html", of_template),
        ("sandbox", "drills.toml", of_document),
        ("sandbox", "*.md", of_document),
        ("bench", "**/*.py", of_names_and_comments),
        ("bench", "**/*.py", of_python),
    )


def of_application(root: Path) -> Iterator[Text]:
    """Names, docstrings and comments of the application, the demo and the client package."""
    yield from _of_files(root, *((folder, "**/*.py", of_names_and_comments) for folder in ("app", "demo", "clients")))


def _of_files(root: Path, *kinds: tuple[str, str, Reader]) -> Iterator[Text]:
    for folder, pattern, read in kinds:
        for path in sorted((root / folder).glob(pattern)):
            if "migrations" not in path.parts:
                yield from read(path.read_text(), str(path.relative_to(root)))


def without_gettext(source: str, where: str) -> Iterator[Text]:
    """The sentences and labels of Python code that gettext doesn't get."""
    for node, text in _unwrapped(ast.parse(source)):
        if BEGINNING.match(text) and PROSE.search(text):
            yield Text(f"{where}:{node.lineno}", text, is_translated=False)


def printed_without_gettext(source: str, where: str) -> Iterator[Text]:
    """The same for commands, whose texts begin in lowercase. Their help isn't translated."""
    tree = ast.parse(source)
    help_texts = {id(one.value) for one in ast.walk(tree) if isinstance(one, ast.keyword) and one.arg == "help"}
    for node, text in _unwrapped(tree):
        if id(node) not in help_texts and LOWERCASE_WORDS.search(text):
            yield Text(f"{where}:{node.lineno}", text, is_translated=False)


def _unwrapped(tree: ast.Module) -> Iterator[tuple[ast.Constant, str]]:
    """Strings that are neither documentation nor gettext's."""
    wrapped = {
        id(text)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in GETTEXT_IN_PYTHON
        for text in call.args
    }
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in wrapped | documentation:
            yield node, node.value
