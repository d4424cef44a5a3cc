"""A Jupyter-first studio for AI video and images.

    from sora_kit import Studio

    studio = Studio()
    clip = await studio.video("A kitten running across a meadow", style="anime", seconds=10)

Importing the package is cheap: the names below are loaded when they are first used.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sora_kit.engine.job import Job
    from sora_kit.errors import SoraKitError
    from sora_kit.language import Model, Request, Storyboard, Style
    from sora_kit.notebook.nesting import run
    from sora_kit.planning import Plan
    from sora_kit.store import Clip
    from sora_kit.store.table_files import read_table
    from sora_kit.studio import Studio

__all__ = (
    "Clip",
    "Job",
    "Model",
    "Plan",
    "Request",
    "SoraKitError",
    "Storyboard",
    "Studio",
    "Style",
    "__version__",
    "read_table",
    "run",
)

__version__ = "0.1.0"

HOMES = {
    "Clip": "sora_kit.store",
    "Job": "sora_kit.engine.job",
    "Model": "sora_kit.language",
    "Plan": "sora_kit.planning",
    "Request": "sora_kit.language",
    "SoraKitError": "sora_kit.errors",
    "Storyboard": "sora_kit.language",
    "Studio": "sora_kit.studio",
    "Style": "sora_kit.language",
    "read_table": "sora_kit.store.table_files",
    "run": "sora_kit.notebook.nesting",
}


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(
            f"module 'sora_kit' has no attribute {name!r}; it has {', '.join(sorted(HOMES))}"
        )
    if name == "Studio":
        show_in_notebooks()
    value = getattr(import_module(HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


def show_in_notebooks() -> None:
    """In IPython, register how our things are shown; elsewhere do nothing."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is not None:
        from sora_kit.notebook import install

        install(shell)


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext sora_kit``: cards, and the magics ``%sora`` and ``%%sora``."""
    from sora_kit.notebook import load

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """``%unload_ext sora_kit``: plain reprs and tracebacks again."""
    from sora_kit.notebook import unload

    unload(shell)
