"""Small pictures that travel inside an output.

A poster as a ``data:`` URI still shows when no server runs: in a saved notebook, an export, on
GitHub. It is scaled down first, to about 10 kB; the clip itself never goes this way.
"""

from __future__ import annotations

from base64 import b64encode
from functools import lru_cache
from io import BytesIO
from pathlib import Path

__all__ = ("inline",)


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
    buffer = BytesIO()
    small.save(buffer, "JPEG", quality=68, optimize=True)
    return f"data:image/jpeg;base64,{b64encode(buffer.getvalue()).decode('ascii')}"
