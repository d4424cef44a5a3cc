"""`Prompt`: the words, the model, the price, and Generate.

Two anywidgets on one `Draft`, so that something can stand between them (the style grid, in the
dashboard): `Words` has the text with its marks, what was understood, and what helps with writing;
`Order` the model, the estimate and the one primary button.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from textwrap import shorten
from typing import TYPE_CHECKING, Any

import traitlets
from ipywidgets import VBox

from sora_kit.errors import NotFound
from sora_kit.language import find_model
from sora_kit.language.parser import MOST_CHARACTERS
from sora_kit.panels.assets import script, sheet
from sora_kit.panels.choices import segments
from sora_kit.panels.draft import EXAMPLES, Draft
from sora_kit.panels.improving import Improving
from sora_kit.panels.makers import usable
from sora_kit.panels.panel import Panel
from sora_kit.panels.references import References

if TYPE_CHECKING:
    from sora_kit.engine.job import Job
    from sora_kit.studio import Studio

__all__ = ("Order", "Prompt", "Words")


class Words(Improving, References):
    """The text area, what was understood and what was not, and what helps.

    That is a better prompt, a picture or clip to begin with, and the characters that can be mentioned.
    """

    _esm = script("prompt")
    _css = sheet("prompt", "segments", "menu")

    text = traitlets.Unicode().tag(sync=True)
    reading = traitlets.Dict().tag(sync=True)
    origin = traitlets.Dict().tag(sync=True)
    """What is remixed or extended, in words: ``verb`` and ``words``; empty for a new video."""
    clip_verb = traitlets.Unicode().tag(sync=True)
    """What becomes of a clip that was handed in."""
    cast: traitlets.List[Any] = traitlets.List().tag(sync=True)
    """Characters that can be mentioned: name and how people see them."""
    placeholder = traitlets.Unicode("Say what should be seen").tag(sync=True)
    examples: traitlets.List[Any] = traitlets.List(list(EXAMPLES)).tag(sync=True)
    limit = traitlets.Int(MOST_CHARACTERS).tag(sync=True)
    kept = traitlets.Dict().tag(sync=True)
    keep = traitlets.Unicode().tag(sync=True)
    """Under which name the browser keeps the draft for a page that is loaded again; empty: not at all."""

    def __init__(self, draft: Draft, order: Order, *, keep: bool = False) -> None:
        self.draft, self.order, self.studio = draft, order, draft.studio
        super().__init__(keep=_name_of(self.studio) if keep else "")
        traitlets.link((draft, "text"), (self, "text"))
        traitlets.dlink((draft, "reading"), (self, "reading"))
        traitlets.dlink((draft, "kept"), (self, "kept"))
        self.follow_references()
        draft.observe(lambda _: self._tell_origin(), ["source", "model", "video"])
        self._tell_origin()

    def do_fix(self, index: int) -> None:
        """Take a correction over."""
        self.draft.fix(index)

    def do_detach(self) -> None:
        """Make a new video, not a remix."""
        self.draft.leave_source()

    def do_generate(self, text: str, key: str) -> None:
        """Ctrl-Enter in the text."""
        self.draft.text = text
        self.order.do_generate(key)

    def do_restore(self, kept: Any) -> None:
        """A page was loaded again: go on where its browser left, unless something was begun here."""
        if not self.draft.text:
            self.draft.restore(kept)

    def do_cast(self) -> None:
        """Tell who can be mentioned."""
        named: dict[str, str] = {}
        for one in self.studio.characters:
            named.setdefault(one.name, one.display_name)
        self.cast = [{"name": name, "label": label} for name, label in named.items()]

    # -- the clip to begin with

    def _tell_origin(self) -> None:
        """Say what the source was made from, on one short line."""
        source = self.draft.source
        longer = find_model(self.draft.model).kind == "extend"
        self.placeholder = "Say what happens next" if longer else "Say what should be seen"
        try:
            words = self.studio.clip(source).prompt if source else ""
        except NotFound:  # deleted meanwhile; the reading says so
            words = ""
        told = {"verb": "goes on from" if longer else "remix of"}
        self.origin = told | {"words": shorten(words, 60, placeholder="…") or source} if source else {}
        self.clip_verb = told["verb"]

    def fault(self, error: dict[str, str]) -> None:
        """Shown above the button."""
        self.send({"refused": True})
        self.order.fault(error)


class Order(Panel):
    """Model, seed, backend, estimate, plan, Generate."""

    _esm = script("order")
    _css = sheet("prompt", "segments")

    model = traitlets.Unicode().tag(sync=True)
    segments: traitlets.List[Any] = traitlets.List().tag(sync=True)
    seed = traitlets.Int(None, allow_none=True).tag(sync=True)
    backend = traitlets.Unicode().tag(sync=True)
    backends: traitlets.List[Any] = traitlets.List().tag(sync=True)
    """Who can make it: name and title; one alone needs no question."""
    reading = traitlets.Dict().tag(sync=True)
    status = traitlets.Dict().tag(sync=True)
    """``said``: a sentence after a start; ``error``: a card."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.job: Job | None = None
        super().__init__(segments=segments(draft.model))
        traitlets.link((draft, "model"), (self, "model"))
        traitlets.link((draft, "seed"), (self, "seed"))
        traitlets.link((draft, "backend"), (self, "backend"))
        traitlets.dlink((draft, "model"), (self, "segments"), segments)
        traitlets.dlink((draft, "reading"), (self, "reading"))
        draft.observe(lambda _: self._quiet(), ["text", "model"])
        self.do_hello()

    def do_hello(self) -> None:
        """A page has connected: accounts may have come or gone."""
        self.backends = [
            {"name": "" if name == self.draft.studio.backend else name, "title": title}
            for name, title in usable(self.draft.studio).items()
        ]

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
        keep: Let the visitor's browser keep the draft for a page that is loaded again.
        begin_with: A picture that the video begins with, or a clip that it changes: path, URL, bytes, PIL
            image, numpy array or `Clip`. `Prompt.begin_with` does the same later.

    Raises:
        BadMedia: ``begin_with`` is neither picture nor clip.
    """

    def __init__(
        self,
        studio: Studio,
        *,
        draft: Draft | None = None,
        between: Sequence[Any] = (),
        keep: bool = False,
        begin_with: Any = None,
    ) -> None:
        self.draft = draft or Draft(studio)
        self.order = Order(self.draft)
        self.words = Words(self.draft, self.order, keep=keep)
        super().__init__([self.words, *between, self.order])
        self.add_class("sora-kit").add_class("sk-card").add_class("sk-prompt")
        if begin_with is not None:
            self.begin_with(begin_with)

    def begin_with(self, thing: Any) -> None:
        """Put a picture or clip into the prompt; see `References.begin_with`."""
        self.words.begin_with(thing)

    @property
    def job(self) -> Job | None:
        """The job that was started last, or None."""
        return self.order.job


def _name_of(studio: Studio) -> str:
    """A name for the workspace that tells nothing about the computer it lies on."""
    place = str(studio.workspace.folder).encode()
    return f"sora-kit draft {hashlib.blake2b(place, digest_size=8).hexdigest()}"
