"""OpenTimelineIO: the board as a timeline that editing programs open.

One video track with one clip a shot, in whole frames. Cuts lie at the rounded *sums* of the lengths
before them, so rounding never adds up and the timeline is as long as the video. The clips have no
media yet; the words and exact lengths are in each clip's metadata under ``sora_kit``.

The schemas are those of OpenTimelineIO 0.15 and later, written as plain JSON so that the library is
not needed.
"""

from __future__ import annotations

import json
from typing import Any

from sora_kit.language.storyboard import Storyboard

__all__ = ("to_otio",)

LONGEST_NAME = 80


def to_otio(board: Storyboard, *, name: str = "Storyboard", rate: float = 30.0) -> str:
    """The board as an ``.otio`` file.

    Args:
        board: The shots.
        name: Name of the timeline.
        rate: Frames per second, above 0.
    """
    clips, end, first = [], 0.0, 0
    for number, shot in enumerate(board, 1):
        end += shot.seconds
        last = max(round(end * rate), first + 1)
        clips.append(
            _item(
                "Clip.2",
                _name(number, shot.text),
                {"shot": number, "seconds": shot.seconds, "text": _whole(shot.text)},
                source_range=_range(last - first, rate),
                media_references={"DEFAULT_MEDIA": _item("MissingReference.1", "", {}, available_range=None)},
                active_media_reference_key="DEFAULT_MEDIA",
            )
        )
        first = last
    track = _item("Track.1", "Shots", {}, kind="Video", children=clips, source_range=None)
    stack = _item("Stack.1", "tracks", {}, children=[track], source_range=None)
    timeline = {
        "OTIO_SCHEMA": "Timeline.1",
        "name": name,
        "metadata": {"sora_kit": {"instruction": _whole(board.instruction), "seconds": board.total}},
        "global_start_time": None,
        "tracks": stack,
    }
    return json.dumps(timeline, indent=2, ensure_ascii=False) + "\n"


def _whole(text: str) -> str:
    """Without NUL, at which the library's strings end; no prompt has one."""
    return text.replace("\0", "")


def _name(number: int, text: str) -> str:
    """A clip's name: one line, and nothing that ends a string in other languages."""
    line = " ".join(text.split())
    return f"{number} {''.join(char for char in line if char.isprintable())}"[:LONGEST_NAME]


def _item(schema: str, name: str, facts: dict[str, Any], **fields: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "OTIO_SCHEMA": schema,
        "name": name,
        "metadata": {"sora_kit": facts} if facts else {},
    }
    if "MissingReference" not in schema:
        plain |= {"effects": [], "markers": [], "enabled": True}
    return plain | fields


def _range(frames: int, rate: float) -> dict[str, Any]:
    return {
        "OTIO_SCHEMA": "TimeRange.1",
        "start_time": {"OTIO_SCHEMA": "RationalTime.1", "rate": rate, "value": 0.0},
        "duration": {"OTIO_SCHEMA": "RationalTime.1", "rate": rate, "value": float(frames)},
    }
