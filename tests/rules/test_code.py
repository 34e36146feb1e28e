"""The house style, where a program can check it (STYLE.md, Names and files, The core, Errors)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("engine", "scorm", "workflows")
# Migrations are history: they are generated, and never shortened afterwards.
CODE = sorted(
    path
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
    if "migrations/versions" not in path.as_posix()
)
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))

LONGEST_MODULE = 300
LONGEST_FUNCTION = 50
MOST_FUNCTIONS_ARE_UNDER = 10
POSITIONAL_FIELDS = 2
UNSLOTTED = {"Workflow", "Engine", "Transaction"}
VAGUE = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc", "process", "handle", "core"}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def functions_of(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines from the first statement to the last; signature and docstring are reading, not code."""
    body = function.body[1:] if ast.get_docstring(function) and len(function.body) > 1 else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_a_module_opens_with_one_sentence(path):
    opening = (ast.get_docstring(tree_of(path)) or "").partition("\n\n")[0].strip()

    assert opening
    assert opening.removesuffix(" Pure.").endswith((".", "?"))


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_a_module_is_no_longer_than_it_may_be(path):
    lines = path.read_text().count("\n")

    assert lines <= LONGEST_MODULE


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_a_file_bears_a_noun_of_the_trade(path):
    assert path.stem not in VAGUE


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_a_function_fits_on_a_screen(path):
    too_long = {function.name: length_of(function) for function in functions_of(path)}

    assert {name: lines for name, lines in too_long.items() if lines > LONGEST_FUNCTION} == {}


def test_most_functions_are_short():
    lengths = [length_of(function) for path in CODE for function in functions_of(path)]

    short = [length for length in lengths if length < MOST_FUNCTIONS_ARE_UNDER]

    assert len(short) > len(lengths) * 0.7


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_a_record_is_frozen_slotted_and_named(path):
    records = [
        node for node in ast.walk(tree_of(path)) if isinstance(node, ast.ClassDef) and options_of(node) is not None
    ]

    loose = {record.name: needed_by(record) - (options_of(record) or set()) for record in records}

    assert {name: missing for name, missing in loose.items() if missing} == {}


def options_of(node: ast.ClassDef) -> set[str] | None:
    """Return the options of a dataclass, or None for another class."""
    for decorator in node.decorator_list:
        if "dataclass" in ast.unparse(decorator):
            return {keyword.arg or "" for keyword in getattr(decorator, "keywords", [])}
    return None


def needed_by(record: ast.ClassDef) -> set[str]:
    """Two fields need no names, and what caches or acts needs no slots; nothing may change."""
    fields = [node for node in record.body if isinstance(node, ast.AnnAssign) and "ClassVar" not in ast.unparse(node)]
    return (
        {"frozen"}
        | ({"kw_only"} if len(fields) > POSITIONAL_FIELDS else set())
        | (set() if record.name in UNSLOTTED else {"slots"})
    )


@pytest.mark.parametrize("path", [path for path in CODE if path.name == "errors.py"], ids=name_of)
def test_an_error_says_its_sentence(path):
    dumb = {
        node.name
        for node in tree_of(path).body
        if isinstance(node, ast.ClassDef) and not (ast.get_docstring(node) or "").endswith(".")
    }

    assert dumb == set()


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_a_pure_module_imports_nothing_that_acts(path):
    tree = tree_of(path)
    opening = (ast.get_docstring(tree) or "").partition("\n\n")[0]
    acting = {"sqlalchemy", "flask", "smtplib", "socket", "subprocess", "threading", "urllib.request", "os"}

    imported = {
        name.name if isinstance(node, ast.Import) else node.module or ""
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }

    assert "Pure." not in opening or not {name for name in imported if name.split(".")[0] in acting or name in acting}


@pytest.mark.parametrize("path", TESTS, ids=name_of)
def test_a_test_claims_something_and_never_steps_aside(path):
    tests = [function for function in functions_of(path) if function.name.startswith("test_")]

    idle = {function.name for function in tests if not claims(function)}
    marks = {"skip", "skipif", "xfail"} & {
        node.attr for node in ast.walk(tree_of(path)) if isinstance(node, ast.Attribute) and is_mark(node)
    }

    assert idle == set()
    assert marks == set()


def claims(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Say whether a test asserts, expects an error, or calls something named for a claim (expect_…, assert_…)."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func).rpartition(".")[2]
            if called == "raises" or called.startswith(("expect", "assert")):
                return True
    return False


def is_mark(node: ast.Attribute) -> bool:
    return ast.unparse(node.value) in {"pytest.mark", "pytest"}


def test_all_that_the_player_loads_is_small():
    folder, seen, pending = ROOT / "scorm" / "static", set(), ["player.js"]
    while pending:
        name = pending.pop()
        seen.add(name)
        imported = re.findall(r'^import .* from "\./([\w.]+)";$', (folder / name).read_text(), re.MULTILINE)
        pending.extend(other for other in imported if other not in seen)

    assert {"api.js", "journal.js"} <= seen
    assert sum((folder / name).stat().st_size for name in seen) <= 40_000
