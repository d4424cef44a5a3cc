"""The dashboard: few widgets at first, the rest when they are wanted; the draft in the browser's keeping."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ipywidgets import Widget
from many_clips import fill

from sora_kit import Studio, panels
from sora_kit.backends.base import QuotaExhausted
from sora_kit.panels.dashboard import Dashboard
from sora_kit.panels.draft import Draft
from sora_kit.panels.panel import Panel
from sora_kit.panels.prompt import Prompt


@pytest.fixture
def studio(workspace: Path) -> Iterator[Studio]:
    """A client: nothing here needs a job to run."""
    with Studio(workspace, role="client") as opened:
        yield opened


@pytest.fixture
def dashboard(studio: Studio) -> Iterator[Dashboard]:
    made = Dashboard(studio)
    yield made
    made.close()


def panels_in(widget: Widget) -> list[str]:
    """Names of the panels that are there, in the order of the page."""
    if isinstance(widget, Panel):
        return [type(widget).__name__]
    return [name for child in getattr(widget, "children", ()) for name in panels_in(child)]


def test_a_page_begins_with_what_it_shows(dashboard: Dashboard):
    assert dashboard.tabs.titles == ["Create", "Storyboard", "Results", "Characters", "Jobs"]
    assert panels_in(dashboard) == ["Bar", "Tabs", "Words", "Styles", "Order", "Results"]


def test_a_view_is_made_when_it_is_first_opened_and_stays(dashboard: Dashboard):
    dashboard.tabs._dispatch(None, {"do": "open", "title": "Storyboard"})
    assert panels_in(dashboard)[-2:] == ["Board", "Results"]
    board = dashboard.opened["storyboard"]
    assert board.draft is dashboard.draft
    dashboard.tabs._dispatch(None, {"do": "open", "title": "Create"})
    dashboard.tabs._dispatch(None, {"do": "open", "title": "Storyboard"})
    assert dashboard.opened["storyboard"] is board
    for title in ("Characters", "Jobs"):
        dashboard.tabs._dispatch(None, {"do": "open", "title": title})
    assert panels_in(dashboard)[-4:] == ["Board", "Results", "Characters", "Jobs"]


@pytest.mark.parametrize("title", ["Nothing", "", "__class__", 7])
def test_a_view_that_is_not_there_opens_nothing(dashboard: Dashboard, title: Any):
    before = panels_in(dashboard)
    dashboard.tabs._dispatch(None, {"do": "open", "title": title})
    assert panels_in(dashboard) == before


def test_tabs_count_what_is_there_before_they_are_opened(studio: Studio):
    fill(studio, 7)
    dashboard = Dashboard(studio)
    assert dict(zip(dashboard.tabs.titles, dashboard.tabs.counts, strict=True)) == {
        "Create": 0,
        "Storyboard": 0,
        "Results": 7,
        "Characters": 0,
        "Jobs": 7,
    }
    dashboard.close()


def test_an_operator_gets_the_panels_that_are_there(studio: Studio, monkeypatch: pytest.MonkeyPatch):
    class Accounts(Panel):
        _esm = "export default {}"

        def __init__(self, studio: Studio) -> None:
            self.studio = studio
            super().__init__()

    monkeypatch.setattr(panels, "Accounts", Accounts, raising=False)
    monkeypatch.setattr(panels, "Server", None, raising=False)
    dashboard = Dashboard(studio, operator=True)
    assert dashboard.tabs.titles[-2:] == ["Jobs", "Accounts"]
    assert "accounts" not in dashboard.opened
    dashboard.show("Accounts")
    assert dashboard.opened["accounts"].studio is studio
    dashboard.close()


def test_the_tab_of_accounts_says_how_many_there_are_and_how_many_are_ready(studio: Studio):
    dashboard = Dashboard(studio, operator=True)

    def told() -> str | int:
        return dashboard.tabs.counts[dashboard.tabs.titles.index("Accounts")]

    assert told() == ""
    dashboard.show("Accounts")
    pool = studio.accounts
    ids = [pool.add("sora_web", access_token=f"token-{n:030}", label=f"pool-{n}").id for n in range(3)]
    pool.disable(ids[0])
    dashboard.opened["accounts"].look()
    assert told() == "3 · 2 ready"
    pool.failed(ids[1], QuotaExhausted("The quota is used up", resets_at=time.time() + 7300))
    dashboard.opened["accounts"].look()
    assert told() == "3 · 1 ready"
    dashboard.close()
    again = Dashboard(studio, operator=True)
    assert again.tabs.counts[-2:] == ["3 · 1 ready", 0]  # before it is opened
    assert "accounts" not in again.opened
    again.close()


def test_the_prompt_is_asked_for_from_other_views(dashboard: Dashboard, studio: Studio):
    job = fill(studio, 1)[0]
    dashboard.gallery._dispatch(None, {"do": "filter"})
    before = dashboard.tabs.asked
    dashboard.gallery._dispatch(None, {"do": "remix", "id": job})
    assert dashboard.tabs.asked == before + 1
    assert dashboard.prompt.words.origin == {"verb": "remix of", "words": "A kitten, number 0"}
    dashboard.gallery._dispatch(None, {"do": "extend", "id": job})
    assert dashboard.prompt.words.origin["verb"] == "goes on from"
    assert dashboard.draft.text == ""
    assert [group["label"] for group in dashboard.prompt.order.segments] == ["Longer by"]
    dashboard.draft.text = "It falls asleep"
    assert dashboard.draft.request.kind == "extend"
    dashboard.prompt.words._dispatch(None, {"do": "detach"})
    assert dashboard.draft.request.kind == "video"


# -- what a browser keeps


def test_a_reload_brings_the_draft_back(studio: Studio):
    first = Prompt(studio, keep=True)
    first.draft.text = "{comic}A kitten"
    first.draft.model = "sora2pro-portrait-15s"
    first.draft.seed = 7
    kept = first.words.kept
    again = Prompt(studio, keep=True)
    assert again.words.keep == first.words.keep
    again.words._dispatch(None, {"do": "restore", "kept": dict(kept)})
    assert again.words.text == "{comic}A kitten"
    assert again.draft.reading["style"] == "comic"
    assert (again.order.model, again.order.seed) == ("sora2pro-portrait-15s", 7)


def test_a_draft_that_was_begun_is_not_overwritten(studio: Studio):
    prompt = Prompt(studio, keep=True)
    prompt.draft.text = "A whale"
    prompt.words._dispatch(None, {"do": "restore", "kept": {"text": "A kitten"}})
    assert prompt.draft.text == "A whale"


def test_a_remix_comes_back_only_while_its_source_is_there(studio: Studio):
    fill(studio, 2)
    clip, gone = studio.clips()
    kept = {"text": "In snow", "model": "sora2-landscape-10s", "source": clip.id}
    draft = Draft(studio)
    draft.restore(kept)
    assert draft.source == clip.id
    studio.delete(gone)
    other = Draft(studio)
    other.restore({**kept, "source": gone.id, "model": "sora2-extension-10s"})
    assert other.source == ""
    assert other.request is not None  # a video now, as there is nothing to continue


@pytest.mark.parametrize(
    "kept",
    [
        None,
        [],
        "text",
        {"text": 7, "model": [], "seed": "1", "image": {}, "source": 3, "backend": None},
        {"text": "x" * 100_000, "model": "nothing", "seed": -1, "image": "../../etc", "backend": "nobody"},
        {"seed": True, "source": "clip_nothing", "image": "0" * 64, "model": "avatar-create"},
    ],
)
def test_nothing_that_a_browser_says_is_believed(studio: Studio, kept: Any):
    draft = Draft(studio)
    before = dict(draft.kept)
    draft.restore(kept)
    assert draft.kept == before


def test_the_name_in_the_browser_tells_nothing_of_the_computer(studio: Studio):
    assert str(studio.workspace.folder) not in Prompt(studio, keep=True).words.keep
    assert Prompt(studio).words.keep == ""
