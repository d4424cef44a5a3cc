"""Style id to look."""

from __future__ import annotations

from sora_kit.backends.animatic.styles.anime import Anime
from sora_kit.backends.animatic.styles.comic import Comic
from sora_kit.backends.animatic.styles.festive import Festive
from sora_kit.backends.animatic.styles.golden import Golden
from sora_kit.backends.animatic.styles.handheld import Handheld
from sora_kit.backends.animatic.styles.kakalaka import Kakalaka
from sora_kit.backends.animatic.styles.look import Look
from sora_kit.backends.animatic.styles.news import News
from sora_kit.backends.animatic.styles.nostalgic import Nostalgic
from sora_kit.backends.animatic.styles.retro import Retro
from sora_kit.backends.animatic.styles.selfie import Selfie
from sora_kit.language.styles import find_style

__all__ = ("LOOKS", "look")

LOOKS: dict[str, Look] = {
    one.id: one
    for one in (
        Look(),
        Festive(),
        Kakalaka(),
        News(),
        Selfie(),
        Handheld(),
        Golden(),
        Anime(),
        Retro(),
        Nostalgic(),
        Comic(),
    )
}
"""All looks by id; ``plain`` is the one without a style."""


def look(style: str | None) -> Look:
    """See `sora_kit.backends.animatic.styles.look`."""
    return LOOKS["plain" if style is None else find_style(style).id]
