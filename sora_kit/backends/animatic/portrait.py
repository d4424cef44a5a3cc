"""Characters of the animatic: a frame of the clip, and a name.

Nothing is learned from the clip. In prompts, planning puts the character's description in place of its
name, and the animatic draws that; the portrait is there for people to know it by.
"""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np

from sora_kit.backends.animatic.hud import Hud
from sora_kit.backends.animatic.reel import seed_of
from sora_kit.backends.animatic.styles import look
from sora_kit.backends.base import InvalidRequest, Output, Report, Task

__all__ = ("portrait",)

LONG_SIDE = 720
SPAN = (0.0, 3.0)


def portrait(task: Task, folder: Path, report: Report) -> Output:
    """A labelled picture of what the clip shows in the middle of the request's ``span``.

    Raises:
        InvalidRequest: There is no clip.
        BadMedia: It is damaged.
    """
    from sora_kit.media.encode import encode_image
    from sora_kit.media.frames import frame_at

    if task.video is None:
        raise InvalidRequest(
            "The animatic backend makes characters of clips only",
            fix="Give a clip of this workspace, or a short video",
            param="video",
        )
    report(0.0, "Looking at the clip")
    start, end = task.request.span or SPAN
    frame = frame_at(task.video, (start + end) / 2)
    scale = min(1.0, LONG_SIDE / max(frame.shape[:2]))
    width, height = (max(16, round(side * scale)) for side in (frame.shape[1], frame.shape[0]))
    small = cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA)
    labelled = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2RGBA), np.uint8)
    Hud(width, height, [], 24, look(task.request.style)).label_only(labelled)
    path = folder / "portrait.png"
    name = _name(task)
    title = f"Animatic: @{name}"
    encode_image(np.ascontiguousarray(labelled[..., :3]), path, {"Title": title, "Software": "sora_kit"})
    report(100.0, "Done")
    facts = {"username": name, "display_name": task.request.label or name}
    return Output(path, width=width, height=height, understood={"backend": "animatic", "character": facts})


def _name(task: Task) -> str:
    """The wanted name, or the last word of the description and a number: ``kitten481``."""
    if task.request.name:
        return task.request.name
    words = re.findall(r"[A-Za-z][A-Za-z0-9]*", task.request.prompt)
    noun = words[-1].lower()[:40] if words else "character"
    return f"{noun}{100 + seed_of(task.seed, task.request.prompt) % 900}"
