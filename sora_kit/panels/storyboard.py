"""`StoryboardEditor`: a storyboard to edit, to look at, and to make.

Beside a prompt panel, with its draft, it is the board alone. Without one it has a draft of its own and
the model, the estimate and Generate below the board.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ipywidgets import VBox

from sora_kit.language import Storyboard
from sora_kit.panels.board import Board
from sora_kit.panels.choices import DEFAULT
from sora_kit.panels.draft import Draft
from sora_kit.panels.prompt import Order

if TYPE_CHECKING:
    from sora_kit.engine.job import Job
    from sora_kit.studio import Studio

__all__ = ("BoardOrder", "StoryboardEditor")


class BoardOrder(Order):
    """Model, estimate and Generate; the video is shown on the board."""

    def __init__(self, draft: Draft, board: Board) -> None:
        self.shown_on = board
        super().__init__(draft)

    def do_generate(self, key: str) -> None:
        """Start the video."""
        super().do_generate(key)
        if self.job is not None:
            self.shown_on.show(self.job)


class StoryboardEditor(VBox):  # type: ignore[misc]  # ipywidgets has no types
    """The storyboard panel.

    Args:
        studio: The open workspace.
        board: The storyboard to begin with; with a draft, it replaces the draft's text.
        model: The model to begin with, any name of the catalogue; with a draft, the draft's.
        draft: The draft to work on. Without one the panel has its own, and Generate.
    """

    def __init__(
        self,
        studio: Studio,
        board: Storyboard | None = None,
        *,
        model: str | None = None,
        draft: Draft | None = None,
    ) -> None:
        self.draft = draft or Draft(studio, model=model or DEFAULT)
        if board is not None:
            self.draft.start(board.to_prompt())
        self.strip = Board(studio, self.draft, alone=draft is None)
        self.order = BoardOrder(self.draft, self.strip) if draft is None else None
        super().__init__([self.strip, *([self.order] if self.order else [])])
        if self.order:
            self.order.add_class("sk-card").add_class("sk-board-order")
        self.add_class("sora-kit").add_class("sk-storyboard")

    @property
    def board(self) -> Storyboard:
        """The storyboard as it is now."""
        return self.strip.value

    @board.setter
    def board(self, board: Storyboard) -> None:
        self.draft.text = board.to_prompt()

    @property
    def job(self) -> Job | None:
        """The video that was started last, or None."""
        return self.order.job if self.order else None

    def close(self) -> None:
        """Stop drawing and following."""
        self.strip.close()
        super().close()
