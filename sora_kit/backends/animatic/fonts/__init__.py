"""The typefaces: six that come with the package, and whatever the machine has for other scripts.

The vendored files cover Latin, Greek and Cyrillic text and about 1,350 pictographs. Chinese, Japanese,
Korean, Arabic, Hebrew, Thai and Indic faces are too large to ship, so a suitable one is looked for in
the usual font folders when such a character first turns up (see `fonts.system`). Origins and licences
stand in THIRD_PARTY_NOTICES.md, the way the files were made in `fonts.subset`.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

from PIL import ImageFont

__all__ = ("FontName", "coverage", "path_of", "typeface")

FontName = Literal["ui", "bold", "title", "comic", "mono", "symbols"]
"""Vendored typefaces by role."""

_FOLDER = Path(__file__).parent


def path_of(name: FontName) -> Path:
    """The file of a vendored typeface."""
    if name not in get_args(FontName):
        raise ValueError(f"no typeface is called {name!r}")
    return _FOLDER / f"{name}.{'ttf' if name == 'symbols' else 'otf'}"


@lru_cache(256)
def typeface(path: Path, size: int, face: int = 0) -> ImageFont.FreeTypeFont:
    """A font file opened at ``size`` pixels; ``face`` counts within a collection."""
    return ImageFont.truetype(str(path), max(1, size), index=face)


@lru_cache(64)
def coverage(path: Path, face: int = 0) -> frozenset[int]:
    """The code points that a font file can draw."""
    from fontTools.ttLib import TTFont  # a quarter of a second that light users never pay

    with path.open("rb") as stream, TTFont(stream, fontNumber=face, lazy=True) as font:
        return frozenset(font.getBestCmap() or ())
