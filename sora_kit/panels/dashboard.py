"""`Dashboard`: the whole studio on one page.

The order of reading: what runs where (the bar), what I want (the card on the left), what I have (the
tabs on the right). On a narrow page the card stands above the tabs. A further tab is one more entry
of `Dashboard.tabs`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import traitlets
from ipywidgets import Box, VBox

from sora_kit.panels.assets import script, sheet
from sora_kit.panels.draft import Draft
from sora_kit.panels.feed import Feed
from sora_kit.panels.gallery import Results
from sora_kit.panels.jobs import Jobs
from sora_kit.panels.panel import Panel
from sora_kit.panels.prompt import Prompt
from sora_kit.panels.styles import Styles

if TYPE_CHECKING:
    from sora_kit.store.jobs import JobRecord
    from sora_kit.studio import Studio

__all__ = ("Bar", "Dashboard", "Tabs")


class Bar(Feed):
    """The top bar: workspace, backend, how much is going on, the address of the API."""

    _esm = script("bar")
    _css = sheet("studio")

    facts = traitlets.Dict().tag(sync=True)

    def load(self) -> None:
        """What is going on now."""
        self.busy = {r.id: r.state for r in self.studio.records(limit=1000, states={"queued", "running"})}
        self.do_hello()

    def take(self, records: Any) -> None:
        """Count changes of state; progress changes nothing here."""
        before = dict(self.busy)
        for record in records:
            if record.done:
                self.busy.pop(record.id, None)
            else:
                self.busy[record.id] = record.state
        if before != self.busy:
            self.do_hello()

    def do_hello(self) -> None:
        """Say it all again; the trait tells the page only if something changed."""
        states = list(self.busy.values())
        counted = ((states.count("running"), "running"), (states.count("queued"), "waiting"))
        going = [f"{number} {word}" for number, word in counted if number]
        url = next((runner.url for runner in self.studio.runners() if runner.url), "")
        self.facts = {
            "workspace": self.studio.workspace.name,
            "folder": str(self.studio.workspace.folder),
            "backend": self.studio.backend.capitalize(),
            "preview": "free preview" if self.studio.backend == "animatic" else "",
            "work": " · ".join(going) or "Nothing running",
            "api": urlsplit(url).netloc,
        }

    def do_beat(self) -> None:
        """A sign of life."""
        self.send({"alive": True})

    def item(self, record: JobRecord) -> None:
        """The bar lists nothing."""


class Tabs(Panel):
    """The row of tab titles; switching happens in the page."""

    _esm = script("tabs")
    _css = sheet("studio")

    titles: traitlets.List[Any] = traitlets.List().tag(sync=True)
    counts: traitlets.List[Any] = traitlets.List().tag(sync=True)
    """A number beside each title; 0 shows none."""


class Dashboard(VBox):  # type: ignore[misc]  # ipywidgets has no types
    """The studio.

    Args:
        studio: The open workspace.
    """

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self.draft = Draft(studio)
        self.bar = Bar(studio)
        self.prompt = Prompt(studio, draft=self.draft, between=[Styles(studio, draft=self.draft)])
        self.gallery = Results(studio, draft=self.draft)
        self.history = Jobs(studio)
        self.tabs: list[tuple[str, Any]] = [("Gallery", self.gallery), ("History", self.history)]
        titles = Tabs(titles=[title for title, _ in self.tabs])
        for panel in (self.gallery, self.history):
            panel.observe(lambda _: titles.set_trait("counts", self._counts()), "count")
        titles.counts = self._counts()
        for number, (_, panel) in enumerate(self.tabs):
            panel.add_class("sk-pane").add_class(f"sk-pane-{number}")
        right = VBox([titles, *(panel for _, panel in self.tabs)])
        right.add_class("sk-right")
        body = Box([self.prompt, right])
        body.add_class("sk-body")
        super().__init__([self.bar, body])
        self.add_class("sora-kit").add_class("sk-studio")

    def _counts(self) -> list[int]:
        return [getattr(panel, "count", 0) for _, panel in self.tabs]
