"""The embedded backend: a drawn, labelled previsualisation of the prompt.

It needs no model, no key, no GPU and no network, takes seconds, and never pretends to be footage.

    Request ──reel──▶  shots (Scene + exact frames)
                         │
        sets + paint ──▶ Layer stack ─┐
        cast ──────────▶ Actors ──────┼─ compose ──▶ frames ──▶ renderer ──▶ MP4 / PNG
        camera, particles, styles ────┘                 ▲
                                             hud, sound ┘

`Animatic` is the backend and `still` draws one quick picture. OpenCV and numpy are loaded when
something is drawn, not before.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sora_kit.backends.base import Capabilities, Output, Report, Stop, Task
from sora_kit.language.request import Request

if TYPE_CHECKING:
    from sora_kit.backends.animatic.layers import Pixels

__all__ = ("Animatic", "still")


class Animatic:
    """Draws a previsualisation; implements `sora_kit.backends.base.Renderer`."""

    name = "animatic"
    capabilities = Capabilities(
        kinds=frozenset(("video", "image", "enhance", "remix", "extend", "character")),
        max_seconds=60.0,
        storyboard=True,
        first_frame=True,
        styles=True,
        preview=True,
        speed=0.5,
    )

    def render(self, task: Task, folder: Path, report: Report, stop: Stop) -> Output:
        """Make what the task asks for; see `Renderer.render`.

        For ``remix`` and ``extend``, ``task.options`` may hold ``source_understood`` or
        ``source_request`` (see `sora_kit.backends.animatic.reel`); without them ``task.video`` gives
        the picture to go on from.

        Raises:
            Cancelled: When ``stop()`` became true; no file is left.
            InvalidRequest: For kinds that this backend does not serve, and sizes that it can't draw.
            BadMedia: When the reference picture or clip is damaged.
        """
        from sora_kit.backends.animatic import renderer

        return renderer.render(task, folder, report, stop)


def still(request: Request, width: int, height: int, style: str | None = None, shot: int = 0) -> Pixels:
    """One quick frame of a request, without a label: for thumbnails of styles and shots.

    Args:
        request: A video or image request.
        width: In pixels.
        height: In pixels.
        style: A style id to use in place of the request's own.
        shot: Which of its shots is drawn, from 0.

    Returns:
        (height, width, 3) uint8 RGB.
    """
    from sora_kit.backends.animatic import renderer

    return renderer.still(request, width, height, style, shot)
