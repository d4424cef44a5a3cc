"""Visitors of one page: a common gallery, or one each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sora_kit import Studio
from sora_kit.panels import Dashboard, open_dashboard

ANN, BOB = "a" * 32, "b" * 32


@pytest.fixture
def studio(workspace: Path) -> Iterator[Studio]:
    with Studio(workspace) as opened:
        yield opened


def page(folder: Path, visitor: str) -> Dashboard:
    """What a visitor sees, in a kernel of their own."""
    dashboard = Dashboard(Studio(folder, role="client"), own=True)
    dashboard.show("jobs")
    dashboard.bar._dispatch(None, {"do": "visit", "visitor": visitor})
    return dashboard


def left(dashboard: Dashboard) -> None:
    dashboard.close()
    dashboard.studio.close()


def test_with_a_gallery_each_nobody_sees_the_others(studio: Studio, workspace: Path) -> None:
    studio.image("A lighthouse").result(90)  # made at the computer itself
    ann, bob = page(workspace, ANN), page(workspace, BOB)
    ann.draft.model = "gpt-image"
    ann.draft.text = "A kitten"
    job = ann.draft.submit("press")
    job.result(90)
    assert job.record.owner == f"visitor_{ANN}"
    ann.gallery.take([job.record])
    bob.gallery.take([job.record])
    bob.bar.take([job.record])
    bob.opened["jobs"].take([job.record])
    assert [item["prompt"] for item in ann.gallery.held.values()] == ["A kitten"]
    assert bob.gallery.held == bob.opened["jobs"].held == {}
    assert (bob.bar.facts["jobs"], ann.gallery.count, bob.gallery.count) == (0, 1, 0)
    again = page(workspace, ANN)  # a reload gives a new kernel, and the browser the same number
    assert [item["prompt"] for item in again.gallery.held.values()] == ["A kitten"]
    assert again.opened["jobs"].counts["all"] == 1
    again.gallery._dispatch(None, {"do": "once_more", "id": job.id})
    assert {record.owner for record in studio.records(limit=1)} == {f"visitor_{ANN}"}
    operator = Dashboard(studio, operator=True)
    assert operator.gallery.count >= 2
    operator.close()
    for dashboard in (ann, bob, again):
        left(dashboard)


@pytest.mark.parametrize("visitor", ["", "A" * 32, "a" * 31, "../../etc", f"{ANN}\n", "key_1"])
def test_a_number_that_no_browser_made_is_nobody(workspace: Path, visitor: str) -> None:
    dashboard = page(workspace, visitor)
    assert dashboard.studio.owner.removeprefix("visitor_") not in ("", visitor)
    assert len(dashboard.studio.owner) == len("visitor_") + 32
    left(dashboard)


def test_who_has_no_gallery_of_their_own_cannot_ask_for_one(studio: Studio) -> None:
    dashboard = Dashboard(studio)
    dashboard.bar._dispatch(None, {"do": "visit", "visitor": ANN})
    assert studio.owner == ""
    dashboard.close()


@pytest.mark.parametrize(
    ("voila", "setting", "own"), [(1, "own", True), (1, "common", False), (0, "own", False)]
)
def test_the_setting_counts_for_visitors_only(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, voila: int, setting: str, own: bool
) -> None:
    monkeypatch.setenv("SORA_KIT_WORKSPACE", str(workspace))
    if voila:
        monkeypatch.setenv("VOILA_REQUEST_URL", "http://127.0.0.1/")
    with Studio(workspace, role="client") as studio:
        studio.settings.set("studio.gallery", setting)
    dashboard = open_dashboard()
    assert dashboard.bar.asks_who is own
    assert bool(dashboard.studio.owner) is own
    left(dashboard)
