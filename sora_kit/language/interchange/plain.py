"""Storyboards as text, with the line named when one is wrong.

`Storyboard.parse` counts shots; somebody who imports a file looks for lines.
"""

from __future__ import annotations

from sora_kit.errors import BadStoryboard
from sora_kit.language.shots import LEAST_SECONDS, MARK, MOST_SECONDS, MOST_SHOTS
from sora_kit.language.storyboard import Storyboard

__all__ = ("from_text", "to_text")


def from_text(text: str) -> Storyboard:
    """Read ``Sunny day [5.0s]A cat skydives [5.0s]The cat lands``.

    Raises:
        BadStoryboard: There is no shot, or one is empty or of an impossible length.
    """
    marks = list(MARK.finditer(text))
    if not marks:
        raise BadStoryboard(
            "Line 1: there is no shot in this text",
            why="A shot begins with its length in square brackets",
            fix="Write it like [5.0s]A cat lands",
        )
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    for number, (mark, end) in enumerate(zip(marks, ends, strict=True), 1):
        where = f"Line {text.count(chr(10), 0, mark.start()) + 1}"
        if number > MOST_SHOTS:
            raise BadStoryboard(
                f"{where}: shot {number} is one too many",
                why=f"There are {len(marks)}, and a board has at most {MOST_SHOTS}",
                fix="Leave some out, or make two boards",
            )
        if not LEAST_SECONDS <= float(mark[1]) <= MOST_SECONDS:
            raise BadStoryboard(
                f"{where}: a shot cannot last {float(mark[1]):g} s",
                why=f"A shot lasts from {LEAST_SECONDS:g} to {MOST_SECONDS:g} s",
                fix="Write it like [5.0s]A cat lands",
            )
        if not text[mark.end() : end].strip():
            raise BadStoryboard(
                f"{where}: nothing stands after {mark[0]}", fix="Say what is seen, or remove the mark"
            )
    return Storyboard.parse(text)


def to_text(board: Storyboard) -> str:
    """The board as a prompt, one shot a line; `from_text` reads it back."""
    return board.to_prompt() + "\n"
