"""`Improving`: a longer prompt from a short one, shown beside it before it replaces anything.

The improvement is a job like any other, so it is in the list of jobs and outlives the page; its
result comes back to the text only if somebody takes it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import traitlets

from sora_kit.errors import InvalidInput
from sora_kit.language import Storyboard, find_model
from sora_kit.panels.draft import Draft, retag, tag_of
from sora_kit.panels.panel import Panel

if TYPE_CHECKING:
    from sora_kit.store.jobs import JobRecord

__all__ = ("Improving",)

_LENGTHS = (10, 15, 20)
"""Seconds that a prompt can be written for."""


class Improving(Panel):
    """The part of the prompt panel that improves the prompt."""

    draft: Draft
    improved = traitlets.Dict().tag(sync=True)
    """``state``: ``going``, ``done`` (with ``old`` and ``new``), ``taken`` (``old`` can come back), or
    nothing at all."""
    _improving = ""
    _leave: Callable[[], None] | None = None

    def do_improve(self, level: Literal["short", "medium", "long"] = "medium") -> None:
        """Start an improvement of the text as it is now.

        Raises:
            InvalidInput: There is no text.
        """
        old = self.draft.text
        plain = retag(old, None)
        if not plain.strip():
            raise InvalidInput("There is nothing to improve", fix="Write a few words first", param="prompt")
        wanted = find_model(self.draft.model).seconds or _LENGTHS[0]
        seconds = min(_LENGTHS, key=lambda one: abs(one - wanted))
        style = tag_of(old)
        job = self.draft.studio.enhance(
            plain, level=level, seconds=seconds, style=style, backend=self.draft.backend or None
        )
        self.do_keep()
        self._improving = job.id
        self.improved = {"state": "going", "level": level}
        self._leave = self.draft.studio.watch(lambda record: self._heard(record, old), job.id)

    def do_take(self) -> None:
        """Put the improved words into the prompt."""
        if self.improved.get("state") == "done":
            self.improved = {**self.improved, "state": "taken"}
            self.draft.text = self.improved["new"]

    def do_back(self) -> None:
        """Undo that, unless the text was changed since."""
        if self.improved.get("state") == "taken" and self.draft.text == self.improved["new"]:
            self.draft.text = self.improved["old"]
        self.improved = {}

    def do_keep(self) -> None:
        """Leave the prompt as it is; an improvement that is not there yet is not waited for."""
        if self._leave:
            self._leave()
        self._leave, self._improving, self.improved = None, "", {}

    def _heard(self, record: JobRecord, old: str) -> None:
        """News of the job, on the studio's loop."""
        if record.id != self._improving or not (record.done or record.state == "needs_you"):
            return
        self._improving = ""
        if record.text:
            new = self._fitted(record.text, tag_of(old))
            self.improved = {"state": "done", "old": old, "new": new, "level": record.request.level}
            return
        self.improved = {}
        if record.error:
            told: dict[str, Any] = record.error
            self.fault({name: str(told.get(name) or "") for name in ("what", "why", "fix")})

    def _fitted(self, text: str, style: str | None) -> str:
        """The words as a prompt for the chosen model: with the style, and as long as its videos."""
        model = find_model(self.draft.model)
        board = Storyboard.parse(text)
        if board.shots and not model.seconds:
            text = board.instruction  # a picture has no shots
        elif board.shots and abs(board.total - model.seconds) > 0.05:
            text = board.fit(model.seconds).to_prompt()
        return retag(text, style) if style else text
