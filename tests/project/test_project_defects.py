"""The page of defects: it is whole, and every test that it names exists."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "defects.md"


def rows() -> dict[str, str]:
    """Rows of the page by the number of the defect."""
    found = re.findall(r"^\| (C-\w+) (\|.*)$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert len(found) == len(dict(found)), "a number stands there twice"
    return dict(found)


@cache
def functions_of(path: str) -> frozenset[str]:
    """Names of the test functions of a file."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return frozenset(
        node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


@cache
def fault_cases() -> frozenset[str]:
    """Ids of the rows of the table of faults."""
    spec = importlib.util.spec_from_file_location(
        "table_of_faults", ROOT / "tests" / "engine" / "engine_faults_table.py"
    )
    assert spec is not None
    assert spec.loader is not None
    table = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = table  # its dataclasses look themselves up
    try:
        spec.loader.exec_module(table)
    finally:
        del sys.modules[spec.name]
    return frozenset(map(str, table.CASES))


def test_every_defect_is_listed() -> None:
    assert set(rows()) == {f"C-{number}" for number in range(1, 47)} | {"C-6b"}


def test_every_named_test_exists() -> None:
    for number, row in rows().items():
        named = re.findall(r"`(tests/[\w/.]+)::(\w+)(?:\[(\S+?)\])?`", row)
        assert named, f"{number} names no test"
        assert row.count("`tests/") == len(named), f"{number} names a test in another form"
        for path, name, case in named:
            assert name.startswith("test_"), name
            assert name in functions_of(path), f"{number}: there is no {path}::{name}"
            assert not case or case in fault_cases(), f"{number}: there is no case {case}"


def test_rows_are_short_and_complete() -> None:
    for number, row in rows().items():
        _, what, why, tests, _ = row.split("|")
        assert 10 < len(what.strip()) <= 120, number
        assert 5 < len(why.strip()) <= 180, number
        assert tests.strip(), number


def test_every_variable_is_documented_and_read() -> None:
    variable = re.compile(r"SORA_KIT_[A-Z_]+")
    pages = [*(ROOT / "docs").glob("*.md"), ROOT / "README.md"]
    documented = {name for page in pages for name in variable.findall(page.read_text("utf-8"))}
    read: set[str] = set()
    for path in (ROOT / "sora_kit").rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        # whole texts of the code: a name in a docstring or a message is none of them
        texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
        read |= {text for text in texts if isinstance(text, str) and variable.fullmatch(text)}
    assert documented == read


def test_no_exception_is_caught_without_its_class() -> None:
    for path in (ROOT / "sora_kit").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ExceptHandler):
                assert node.type is not None, f"{path.name}:{node.lineno}"
