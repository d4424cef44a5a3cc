"""The tree itself: sizes, hygiene, and pages and locks that agree with the code."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = ("requirements.lock", "requirements-dev.lock")


def files(*suffixes: str) -> list[Path]:
    """What git tracks or would track, ignored files left out."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    paths = [ROOT / name for name in listing.stdout.split("\0") if name]
    return [p for p in paths if p.is_file() and (not suffixes or p.suffix in suffixes)]


def test_no_module_is_over_400_lines() -> None:
    long = {p.name: n for p in files(".py") if (n := len(p.read_text("utf-8").splitlines())) > 400}
    assert not long


def test_notebooks_are_committed_without_outputs() -> None:
    notebooks = files(".ipynb")
    assert notebooks
    for path in notebooks:
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            assert not cell.get("outputs"), path.name
            assert cell.get("execution_count") is None, path.name


def test_no_registry_and_no_path_of_a_machine() -> None:
    hosts = ["files.pythonhosted" + ".org", "pypi" + ".org", "registry.npmjs" + ".org", "deb.debian" + ".org"]
    paths = [r"/wo" + r"rk/", r"/ro" + r"ot/"]
    banned = re.compile("|".join([*map(re.escape, hosts), *paths]))
    found = []
    for path in files():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue  # pictures and fonts
        found += [f"{path.relative_to(ROOT)}: {hit.group()}" for hit in banned.finditer(text)]
    assert not found


def test_scripts_have_unix_line_ends_and_can_run() -> None:
    for name in (".ci/run", "binder/postBuild", "binder/start"):
        path = ROOT / name
        assert path.read_bytes().startswith(b"#!"), name
        assert b"\r" not in path.read_bytes(), name
        if sys.platform != "win32":
            assert path.stat().st_mode & 0o111, name
            subprocess.run(["bash", "-n", str(path)], check=True)


def test_every_public_module_says_what_it_gives() -> None:
    missing = []
    for path in (ROOT / "sora_kit").rglob("*.py"):
        parts = path.relative_to(ROOT).parts
        # Migrations are found by Alembic; a module with an underscore is private; __main__ is a script.
        if (
            "migrations" in parts
            or path.name == "__main__.py"
            or path.stem.strip("_") != path.stem != "__init__"
        ):
            continue
        tree = ast.parse(path.read_text("utf-8"))
        gives = [
            n for n in tree.body if not isinstance(n, ast.Expr) and getattr(n, "module", "") != "__future__"
        ]
        lists = [n for n in gives if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "__all__"]
        if not ast.get_docstring(tree) or (gives and not lists):
            missing.append(str(path.relative_to(ROOT)))
    assert not missing


def test_pages_made_from_the_code_are_current() -> None:
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name, content in module.pages().items():
        assert (ROOT / "docs" / name).read_text("utf-8") == content, f"run docs/generate.py: {name}"


def test_every_setting_is_documented_and_every_documented_one_is_used() -> None:
    name = re.compile(r"SORA_KIT_[A-Z_]+[A-Z]")
    used = {n for p in (ROOT / "sora_kit").rglob("*.py") for n in name.findall(p.read_text("utf-8"))}
    documented = set(name.findall((ROOT / "docs" / "configuration.md").read_text("utf-8")))
    assert used == documented


def test_links_between_pages_lead_somewhere() -> None:
    broken: list[str] = []
    for page in files(".md"):
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)[^)]*\)", page.read_text("utf-8")):
            broken += [f"{page.name}: {target}"] if not (page.parent / target).exists() else []
    assert not broken


@pytest.mark.parametrize("name", LOCKS)
def test_locks_hold_exact_versions_and_nothing_else(name: str) -> None:
    lines = [line for line in (ROOT / name).read_text("utf-8").splitlines() if not line.startswith("#")]
    assert lines
    for line in lines:
        pinned = Requirement(line)
        assert not pinned.url, line
        assert [spec.operator for spec in pinned.specifier] == ["=="], line


def test_locks_satisfy_the_project() -> None:
    project = PYPROJECT["project"]
    extras = [line for extra in project["optional-dependencies"].values() for line in extra]
    for name, wanted in zip(
        LOCKS, (project["dependencies"], [*project["dependencies"], *extras]), strict=True
    ):
        pinned: dict[str, list[str]] = {}
        for line in (ROOT / name).read_text("utf-8").splitlines():
            if not line.startswith("#"):
                pin = Requirement(line)
                pinned.setdefault(plain(pin.name), []).extend(s.version for s in pin.specifier)
        for want in map(Requirement, wanted):
            versions = pinned.get(plain(want.name), [])
            assert versions, f"{want} is not in {name}"
            assert all(v in want.specifier for v in versions), f"{want} against {versions} in {name}"


def test_the_two_locks_agree() -> None:
    small, large = ((ROOT / name).read_text("utf-8") for name in LOCKS)
    pins = re.compile(r"^\S+==\S+", re.MULTILINE)
    assert set(pins.findall(small)) <= set(pins.findall(large))


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_one_version_everywhere() -> None:
    from importlib.metadata import version

    from sora_kit import __version__

    assert version("sora-kit") == __version__
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_licence_files_are_there() -> None:
    licence = (ROOT / "LICENSE").read_text("utf-8")
    assert licence.startswith("MIT License")
    assert "The sora_kit authors" in licence
    for name in PYPROJECT["project"]["license-files"]:
        assert (ROOT / name).stat().st_size > 100, name
