"""Small pictures that travel inside an output.

A poster as a ``data:`` URI still shows when no server runs: in a saved notebook, an export, on
GitHub. It is scaled down first, to about 10 kB, and drawn more coarsely until it is under `MOST_BYTES`,
so that no picture, however busy, makes a notebook large; the clip itself never goes this way.
"""

from __future__ import annotations

from base64 import b64encode
from functools import lru_cache
from io import BytesIO
from pathlib import Path

__all__ = ("MOST_BYTES", "inline")

MOST_BYTES = 60_000
"""Of one picture, before base64 adds a third."""
QUALITIES = (68, 50, 34, 20)


@lru_cache(maxsize=256)
def inline(path: Path, width: int) -> str | None:
    """A picture file as a JPEG ``data:`` URI.

    Args:
        path: A picture of the media store, which never changes, so the answer is remembered.
        width: Largest width in pixels; the height follows, and is at most 1.2 times the width.

    Returns:
        The URI, or None when the file is gone or is no picture (the card then does without).
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            image.draft("RGB", (width, width))  # lets the JPEG decoder skip detail: three times faster
            small = image.convert("RGB")
    except (OSError, UnidentifiedImageError):
        return None
    small.thumbnail((width, round(width * 1.2)))
    while True:
        for quality in QUALITIES:
            buffer = BytesIO()
            small.save(buffer, "JPEG", quality=quality, optimize=True)
            if buffer.tell() <= MOST_BYTES:
                return f"data:image/jpeg;base64,{b64encode(buffer.getvalue()).decode('ascii')}"
        small.thumbnail((small.width // 2, small.height // 2))
