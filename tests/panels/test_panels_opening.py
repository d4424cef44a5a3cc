"""The page's only cell never fails: it shows the studio, or why there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from ipywidgets import HTML

from sora_kit.panels import Dashboard, open_dashboard


def test_a_workspace_that_cannot_be_opened_is_a_card(workspace: Path) -> None:
    workspace.mkdir()
    (workspace / "workspace.toml").write_text("format = 99\n")
    shown = open_dashboard(str(workspace))
    assert isinstance(shown, HTML)
    assert "newer sora_kit" in shown.value
    assert "pip install -U" in shown.value


@pytest.mark.parametrize("backend", [None, "no<b>such"])
def test_the_default_workspace_is_shown(
    workspace: Path, backend: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SORA_KIT_WORKSPACE", str(workspace))
    if backend:
        monkeypatch.setenv("SORA_KIT_BACKEND", backend)
    shown = open_dashboard()
    if backend:
        assert "There is no backend" in shown.value
        assert "<b>such" not in shown.value
    else:
        assert isinstance(shown, Dashboard)
        shown.studio.close()
