"""Draw the style pictures that come with the package.

    python -m sora_kit.panels.looks

writes ``static/look_<style>.webp``, one per look. They stand in the style grid until the user's own
prompt has been drawn. For developers, after a change of the animatic's styles.
"""

from __future__ import annotations

from pathlib import Path

from sora_kit.language import parse
from sora_kit.panels.styles import LOOKS, NONE

__all__ = ("PROMPT", "SIZE", "draw")

PROMPT = "A kitten running across a meadow, low camera tracking beside it"
SIZE = (192, 108)
"""Width and height in pixels: twice what a tile of the grid shows, for dense screens."""


def draw(folder: Path) -> int:
    """Draw all looks into ``folder``; returns the bytes of all files."""
    from PIL import Image

    from sora_kit.backends.animatic import still

    total = 0
    for look in LOOKS:
        request = parse(PROMPT, style=None if look == NONE else look)
        # Drawn large and scaled down: lines and halftone dots stay as fine as in the video.
        frame = still(request, width=SIZE[0] * 4, height=SIZE[1] * 4)
        path = folder / f"look_{look}.webp"
        Image.fromarray(frame).resize(SIZE, Image.Resampling.LANCZOS).save(path, quality=78, method=6)
        total += path.stat().st_size
    return total


if __name__ == "__main__":
    written = draw(Path(__file__).parent / "static")
    print(f"{len(LOOKS)} pictures, {written:,} bytes")  # noqa: T201 (the answer of a command)
