"""Still pictures out of clips: posters, thumbnails, contact sheets, single frames.

"The frame at 2.0 s" is the one on screen at that moment: the last whose time is not after it. One
wanted frame is found by seeking to the keyframe before it; a contact sheet is decoded straight
through once, which is quicker than seeking for each tile.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from sora_kit.errors import BadMedia
from sora_kit.media.container import decoded, format_of, length, moment, opened, upright
from sora_kit.media.picture import opened_picture, pixels, upright_picture
from sora_kit.media.probe import Probe, probe, probe_opened

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame

__all__ = ("frame_at", "last_frame", "poster", "probe_and_poster", "spritesheet", "thumbnail_webp")

Pixels = npt.NDArray[np.uint8]

POSTER_AT = 0.4
POSTER_WIDTH = 640
_EARLY = 1e-4  # seconds; frame times are rounded to the file's clock
_TAIL = 1.0  # seconds before the end where the search for the last frame starts


def frame_at(path: str | os.PathLike[str], seconds: float) -> Pixels:
    """The frame of a clip that is on screen at a moment.

    Args:
        path: The clip.
        seconds: From its start; past the end gives the last frame.

    Returns:
        (height, width, 3) uint8 RGB, upright.

    Raises:
        BadMedia: When the file is no video or is damaged.
    """
    with opened(path) as container:
        return next(_on_screen(container, [max(0.0, seconds)]))


def last_frame(path: str | os.PathLike[str]) -> Pixels:
    """The very last frame of a clip, for what shall go on from it.

    Args:
        path: The clip.

    Returns:
        (height, width, 3) uint8 RGB, upright.

    Raises:
        BadMedia: When the file is no video or is damaged.
    """
    with opened(path) as container:
        tail = deque(decoded(container, from_seconds=max(0.0, length(container) - _TAIL)), maxlen=1)
        if not tail:
            raise BadMedia("The video holds no decodable frame", fix="Export or download it again")
        return upright(tail[0])


def poster(path: str | os.PathLike[str], at: float = POSTER_AT, width: int = POSTER_WIDTH) -> bytes:
    """A progressive JPEG that stands for a clip or picture.

    Args:
        path: The video or image.
        at: Where in the clip, as a share of its length (0…1).
        width: In pixels; smaller originals are not enlarged.

    Returns:
        The JPEG file.

    Raises:
        BadMedia: When the file is none that sora_kit reads, or is damaged.
    """
    return _poster(_still(path, at, width))


def probe_and_poster(path: str | os.PathLike[str]) -> tuple[Probe, bytes]:
    """`probe` and `poster`, for the price of little more than one: opening a short clip costs the most.

    Raises:
        BadMedia: When the file is none that sora_kit reads, or is damaged.
        OSError: When it can't be read at all.
    """
    form = format_of(path)
    if form.kind == "image":
        return probe(path), poster(path)
    with opened(path) as container:
        facts = probe_opened(container, form, Path(path).stat().st_size)
        return facts, _poster(_still_opened(container, POSTER_AT, POSTER_WIDTH))


def thumbnail_webp(path: str | os.PathLike[str], at: float = POSTER_AT, width: int = POSTER_WIDTH) -> bytes:
    """As `poster`, in WebP."""
    return _encoded(_still(path, at, width), "WEBP", quality=80, method=4)


def spritesheet(path: str | os.PathLike[str], columns: int = 5, rows: int = 4, width: int = 256) -> bytes:
    """A contact sheet: tiles evenly spread over a clip, row by row.

    Args:
        path: The clip.
        columns: Tiles across.
        rows: Tiles down.
        width: Of one tile in pixels; its height follows the clip's shape.

    Returns:
        The JPEG file.

    Raises:
        BadMedia: When the file is no video or is damaged.
    """
    count = columns * rows
    sheet: Pixels | None = None
    height = 0
    with opened(path) as container:
        span = length(container)
        for i, frame in enumerate(_on_screen(container, [span * (i + 0.5) / count for i in range(count)])):
            if sheet is None:
                height = max(1, round(frame.shape[0] * width / frame.shape[1]))
                sheet = np.zeros((rows * height, columns * width, 3), np.uint8)
            top, left = i // columns * height, i % columns * width
            sheet[top : top + height, left : left + width] = _resized(frame, width, height)
    if sheet is None:
        raise BadMedia("The video holds no decodable frame", fix="Export or download it again")
    return _encoded(sheet, "JPEG", quality=82, progressive=True)


def _still(path: str | os.PathLike[str], at: float, width: int) -> Pixels:
    if format_of(path).kind == "image":
        with opened_picture(path) as picture:
            return _at_most(pixels(upright_picture(picture)), width)
    with opened(path) as container:
        return _still_opened(container, at, width)


def _still_opened(container: InputContainer, at: float, width: int) -> Pixels:
    return _at_most(next(_on_screen(container, [length(container) * min(1.0, max(0.0, at))])), width)


def _at_most(rgb: Pixels, width: int) -> Pixels:
    if rgb.shape[1] <= width:
        return rgb
    return _resized(rgb, width, max(1, round(rgb.shape[0] * width / rgb.shape[1])))


def _on_screen(container: InputContainer, times: Sequence[float]) -> Iterator[Pixels]:
    """The frames shown at ``times`` (seconds, rising), one for each; the last fills up the end."""
    stream = container.streams.video[0]
    shown: VideoFrame | None = None
    done = 0
    # A single time is worth a seek; for several, one run through is quicker.
    for frame in decoded(container, from_seconds=times[0] if len(times) == 1 else 0.0):
        while shown is not None and moment(frame, stream) > times[done] + _EARLY:
            yield upright(shown)
            done += 1
            if done == len(times):
                return
        shown = frame
    if shown is None:
        raise BadMedia("The video holds no decodable frame", fix="Export or download it again")
    last = upright(shown)
    for _ in times[done:]:
        yield last


def _resized(rgb: Pixels, width: int, height: int) -> Pixels:
    shrinking = rgb.shape[1] >= width
    how = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(rgb, (width, height), interpolation=how), np.uint8)


def _poster(rgb: Pixels) -> bytes:
    return _encoded(rgb, "JPEG", quality=82, progressive=True, optimize=True)


def _encoded(rgb: Pixels, form: str, **options: int) -> bytes:
    out = BytesIO()
    Image.fromarray(rgb).save(out, form, **options)
    return out.getvalue()
