"""`import sora_kit` costs next to nothing, and rooms import upwards only."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

HEAVY = (
    *("pandas", "numpy", "cv2", "av", "PIL"),
    *("litestar", "uvicorn", "httpx", "dbos", "sqlalchemy", "alembic"),
    *("IPython", "ipywidgets", "anywidget", "voila"),
)
BUDGET = 0.3
"""Seconds that `import sora_kit` may add to the bare interpreter."""


def loaded_by(statement: str) -> list[str]:
    """Those of `HEAVY` that a fresh interpreter holds after ``statement``."""
    code = f"{statement}\nimport sys, json\nprint(json.dumps([n for n in {HEAVY!r} if n in sys.modules]))"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True, cwd=ROOT
    )
    return json.loads(answer.stdout)


def best_of(code: str, runs: int = 5) -> float:
    """What it costs a fresh interpreter, in seconds of its own CPU: what else runs does not count."""
    timed = [sys.executable, "-c", f"{code}\nimport time\nprint(time.process_time())"]
    return min(
        float(subprocess.run(timed, capture_output=True, check=True, text=True, cwd=ROOT).stdout)
        for _ in range(runs)
    )


@pytest.mark.parametrize(
    "statement",
    [
        "import sora_kit",
        "import sora_kit.language",
        "import sora_kit.errors",
        "import sora_kit.backends.base",
        "import sora_kit.planning",
        "import sora_kit.cli.app",
    ],
)
def test_light_rooms_load_nothing_heavy(statement: str) -> None:
    assert loaded_by(statement) == []


def test_import_sora_kit_is_quick() -> None:
    assert best_of("import sora_kit") - best_of("pass") < BUDGET


def test_rooms_import_upwards_only() -> None:
    checker = Path(sys.executable).with_name("lint-imports")
    answer = subprocess.run([str(checker), "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stdout


def test_the_import_contract_names_every_room() -> None:
    import tomllib

    contract = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ][0]
    named = {layer.removeprefix("sora_kit.") for layer in contract["layers"]}
    rooms = {p.name for p in (ROOT / "sora_kit").iterdir() if p.is_dir() and (p / "__init__.py").exists()}
    assert rooms <= named
