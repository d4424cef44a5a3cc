"""A studio on a stand-in of the Sora web backend, for tests of any room."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from sora_kit import Studio
from sora_kit.standins.sora_web import SoraWebStandin
from sora_kit.store import Settings, Workspace

LIMITS = {"poll_seconds": 0.4, "settle_seconds": 3.0, "pause_seconds": 0.1}
"""What makes the engine impatient; see `sora_kit.engine.limits`."""


@contextlib.contextmanager
def sora_web_studio(folder: Path, standin: SoraWebStandin, **limits: float) -> Iterator[Studio]:
    """A studio that runs jobs on the stand-in; it has no accounts yet.

    Args:
        folder: Of the workspace.
        standin: Running.
        limits: More of `sora_kit.engine.limits.Limits`.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SORA_KIT_SORA_WEB_URL", standin.backend_url)
        workspace = Workspace(folder)
        for name, value in {**LIMITS, **limits}.items():
            Settings(workspace.database).set(f"engine.{name}", value)
        workspace.database.close()
        with Studio(folder, backend="sora_web", role="runner") as studio:
            yield studio
