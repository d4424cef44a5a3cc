"""The card of a storyboard: a strip to scale, and the shots with their times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sora_kit.notebook import words
from sora_kit.notebook.html import Markup, tag
from sora_kit.notebook.sheet import page

if TYPE_CHECKING:
    from sora_kit.language import Storyboard
    from sora_kit.notebook.widgets import Bundle

__all__ = ("bundle", "card")


def bundle(board: Storyboard) -> Bundle:
    """How a cell shows a storyboard; `StoryboardEditor` edits one."""
    return {"text/html": str(page(card(board))), "text/plain": repr(board)}


def card(board: Storyboard) -> Markup:
    """Nothing in it moves: a storyboard is a value."""
    return tag(
        "div",
        tag(
            "div",
            tag("span", "Storyboard", class_="sk-title"),
            tag("span", f"{words.count(len(board), 'shot')} · {board.total:g} s", class_="sk-muted"),
            class_="sk-row sk-between",
        ),
        tag("p", board.instruction, class_="sk-prompt") if board.instruction else None,
        strip(board)
        if board.shots
        else tag("p", 'No shots yet: board.shot(5, "…") adds one.', class_="sk-muted"),
        shots(board) if board.shots else None,
        class_="sk-card sk-wide sk-board-card",
    )


def strip(board: Storyboard) -> Markup:
    """The shots as blocks as long as they last."""
    return tag(
        "div",
        (
            tag("span", str(number), style=f"flex: {shot.seconds:g} 1 0", title=f"{shot.seconds:g} s")
            for number, shot in enumerate(board, 1)
        ),
        class_="sk-strip",
        aria_hidden="true",  # the list below says the same
    )


def shots(board: Storyboard) -> Markup:
    """The words and times."""
    rows, start = [], 0.0
    for shot in board:
        end = round(start + shot.seconds, 3)
        rows.append(
            tag("li", tag("span", shot.text), tag("span", f"{start:g} to {end:g} s", class_="sk-faint"))
        )
        start = end
    return tag("ol", rows, class_="sk-steps")
