"""WebVTT: every shot as a cue, for players and subtitle editors.

The general instruction is a ``NOTE``, which players do not show. Text is escaped, because a cue may
hold markup; an empty line would end a cue, so line breaks become spaces.
"""

from __future__ import annotations

from sora_kit.language.storyboard import Storyboard

__all__ = ("to_vtt",)


def to_vtt(board: Storyboard) -> str:
    """The board as a WebVTT file."""
    blocks = ["WEBVTT"]
    if note := _one_line(board.instruction):
        blocks.append(f"NOTE\n{note}")
    start = 0
    for number, shot in enumerate(board, 1):
        end = start + round(shot.seconds * 1000)
        blocks.append(f"{number}\n{_clock(start)} --> {_clock(end)}\n{_one_line(shot.text)}")
        start = end
    return "\n\n".join(blocks) + "\n"


def _one_line(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return " ".join(escaped.replace("\0", "\ufffd").split())


def _clock(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{rest:03}"
