"""The ten looks, as data.

A style is written ``{anime}`` in a prompt or given as ``style=``. Backends that know the styles get
the id; for the others the look is said in words, `Style.prompt_suffix`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from sora_kit.errors import UnknownStyle

__all__ = ("STYLES", "Style", "find_style", "is_style", "near_style", "quoted")


@dataclass(frozen=True, slots=True)
class Style:
    """One of the ten looks, written ``{anime}`` in a prompt."""

    id: str
    """The word in the braces."""

    label: str
    """A name for menus."""

    description: str
    """What it looks like, one line."""

    prompt_suffix: str
    """The same in words, for backends that have no styles of their own."""

    FESTIVE: ClassVar[Style]
    KAKALAKA: ClassVar[Style]
    NEWS: ClassVar[Style]
    SELFIE: ClassVar[Style]
    HANDHELD: ClassVar[Style]
    GOLDEN: ClassVar[Style]
    ANIME: ClassVar[Style]
    RETRO: ClassVar[Style]
    NOSTALGIC: ClassVar[Style]
    COMIC: ClassVar[Style]

    def __str__(self) -> str:
        return self.id


Style.FESTIVE = Style(
    "festive",
    "Festive",
    "Holiday lights, confetti and saturated reds and golds",
    "festive holiday look, string-light bokeh, drifting confetti, saturated reds and golds",
)
Style.KAKALAKA = Style(
    "kakalaka",
    "Kakalaka",
    "Loud, oversaturated montage with whip cuts and mirrored frames",
    "chaotic hyper-saturated montage, whip cuts, mirrored and kaleidoscopic frames, high energy",
)
Style.NEWS = Style(
    "news",
    "News",
    "Live television report with a neutral grade and room for a caption",
    "live television news report, broadcast camera, neutral grade, space for a lower-third caption",
)
Style.SELFIE = Style(
    "selfie",
    "Selfie",
    "Arm's-length phone footage with a wide front lens",
    "selfie video at arm's length, wide front phone camera, soft exposure on the face",
)
Style.HANDHELD = Style(
    "handheld",
    "Handheld",
    "Documentary camera with small shakes and a muted grade",
    "handheld documentary footage, small natural camera shake, muted grade, visible grain",
)
Style.GOLDEN = Style(
    "golden",
    "Golden",
    "Low honey-coloured sun, soft contrast and long shadows",
    "golden hour look, honey highlights, soft contrast, long shadows, warm haze",
)
Style.ANIME = Style(
    "anime",
    "Anime",
    "Hand-drawn animation with clean ink lines and painted skies",
    "hand-drawn anime look, clean ink lines, cel shading, painted skies, animated on twos",
)
Style.RETRO = Style(
    "retro",
    "Retro",
    "1980s videotape with bleeding colours and scan lines",
    "1980s VHS look, bleeding chroma, scan lines, tape noise, 4:3 camcorder feeling",
)
Style.NOSTALGIC = Style(
    "nostalgic",
    "Nostalgic",
    "Faded home movie with warm sepia, dust and a trembling gate",
    "faded 8 mm home movie, warm sepia, gate weave, dust and light leaks",
)
Style.COMIC = Style(
    "comic",
    "Comic",
    "Inked comic book panels with halftone dots and bold primaries",
    "comic book look, heavy ink outlines, halftone dots, bold primary colours",
)

STYLES: Mapping[str, Style] = MappingProxyType(
    {
        style.id: style
        for style in (
            Style.FESTIVE,
            Style.KAKALAKA,
            Style.NEWS,
            Style.SELFIE,
            Style.HANDHELD,
            Style.GOLDEN,
            Style.ANIME,
            Style.RETRO,
            Style.NOSTALGIC,
            Style.COMIC,
        )
    }
)
"""All styles by id, in Sora's order."""


def find_style(name: str | Style) -> Style:
    """The style of that name, in any case; ``hand held``, ``hand_held`` and ``hand-held`` are one.

    Raises:
        UnknownStyle: With the nearest name.
    """
    if isinstance(name, Style):
        return name
    key = _style_key(str(name))
    if key in STYLES:
        return STYLES[key]
    near = near_style(key)
    raise UnknownStyle(
        f"There is no style named {quoted(name)}",
        fix=(f"Did you mean '{near}'? " if near else "") + f"The styles are {', '.join(STYLES)}",
        param="style",
    )


def near_style(word: str) -> str:
    """The id of the style that ``word`` most likely means, or empty."""
    import difflib  # only a misspelling needs it

    return next(iter(difflib.get_close_matches(_style_key(word)[:40], STYLES, n=1, cutoff=0.7)), "")


def is_style(word: str) -> bool:
    """Whether `find_style` would find it."""
    return _style_key(word) in STYLES


def _style_key(name: str) -> str:
    return "".join(char for char in name.lower() if char not in "_- " and not char.isspace())


def quoted(name: object) -> str:
    """A user's word inside a message, cut to a length that a line can hold."""
    text = str(name)
    return repr(text if len(text) <= 60 else text[:57] + "…")
