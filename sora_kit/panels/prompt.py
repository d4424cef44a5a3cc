"""`Prompt`: the words, the model, the price, and Generate.

Two anywidgets on one `Draft`, so that something can stand between them (the style grid, in the
dashboard): `Words` has the text with its marks and what was understood, `Order` the model, the
estimate and the one primary button.
"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import shorten
from typing import TYPE_CHECKING, Any

import traitlets
from ipywidgets import VBox

from sora_kit.errors import NotFound
from sora_kit.language.parser import MOST_CHARACTERS
from sora_kit.panels.assets import script, sheet
from sora_kit.panels.choices import segments
from sora_kit.panels.draft import EXAMPLES, Draft
from sora_kit.panels.panel import Panel

if TYPE_CHECKING:
    from sora_kit.engine.job import Job
    from sora_kit.studio import Studio

__all__ = ("Order", "Prompt", "Words")


class Words(Panel):
    """The text area, and below it what was understood and what was not."""

    _esm = script("prompt")
    _css = sheet("prompt")

    text = traitlets.Unicode().tag(sync=True)
    reading = traitlets.Dict().tag(sync=True)
    origin = traitlets.Unicode().tag(sync=True)
    """What is remixed, in words; empty for a new video."""
    placeholder = traitlets.Unicode("Say what should be seen").tag(sync=True)
    examples: traitlets.List[Any] = traitlets.List(list(EXAMPLES)).tag(sync=True)
    limit = traitlets.Int(MOST_CHARACTERS).tag(sync=True)

    def __init__(self, draft: Draft, order: Order) -> None:
        self.draft, self.order = draft, order
        super().__init__()
        traitlets.link((draft, "text"), (self, "text"))
        traitlets.dlink((draft, "reading"), (self, "reading"))
        traitlets.dlink((draft, "source"), (self, "origin"), self._words_of)

    def _words_of(self, clip_id: str) -> str:
        """What the source was made from, on one short line."""
        if not clip_id:
            return ""
        try:
            words = self.draft.studio.clip(clip_id).prompt
        except NotFound:  # deleted meanwhile; the reading says so
            words = ""
        return shorten(words, 60, placeholder="…") or clip_id

    def do_fix(self, index: int) -> None:
        """Take a correction over."""
        self.draft.fix(index)

    def do_detach(self) -> None:
        """Make a new video, not a remix."""
        self.draft.source = ""

    def do_generate(self, text: str, key: str) -> None:
        """Ctrl-Enter in the text."""
        self.draft.text = text
        self.order.do_generate(key)

    def fault(self, error: dict[str, str]) -> None:
        """Shown above the button."""
        self.order.fault(error)


class Order(Panel):
    """Model, estimate, plan, Generate."""

    _esm = script("order")
    _css = sheet("prompt")

    model = traitlets.Unicode().tag(sync=True)
    segments: traitlets.List[Any] = traitlets.List().tag(sync=True)
    reading = traitlets.Dict().tag(sync=True)
    status = traitlets.Dict().tag(sync=True)
    """``said``: a sentence after a start; ``error``: a card."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.job: Job | None = None
        super().__init__(segments=segments(draft.model))
        traitlets.link((draft, "model"), (self, "model"))
        traitlets.dlink((draft, "model"), (self, "segments"), segments)
        traitlets.dlink((draft, "reading"), (self, "reading"))
        draft.observe(lambda _: self._quiet(), ["text", "model"])

    def do_generate(self, key: str) -> None:
        """Start the job. ``key`` is new for every press, so a repeated message starts nothing twice."""
        self.job = self.draft.submit(key)
        self.status = {"said": "Started. You can close this page; the job goes on.", "error": None}

    def fault(self, error: dict[str, str]) -> None:
        """Shown above the button."""
        self.status = {"said": "", "error": error}

    def _quiet(self) -> None:
        if self.status:
            self.status = {}


class Prompt(VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Where a video is ordered.

    Args:
        studio: The open workspace.
        draft: The draft to work on; a new one by default. Panels with the same draft agree.
        between: Widgets to stand between the words and the model, such as `Styles`.
    """

    def __init__(self, studio: Studio, *, draft: Draft | None = None, between: Sequence[Any] = ()) -> None:
        self.draft = draft or Draft(studio)
        self.order = Order(self.draft)
        self.words = Words(self.draft, self.order)
        super().__init__([self.words, *between, self.order])
        self.add_class("sora-kit").add_class("sk-card").add_class("sk-prompt")

    @property
    def job(self) -> Job | None:
        """The job that was started last, or None."""
        return self.order.job
