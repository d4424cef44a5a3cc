"""The looks: one small file per style.

`look` gives the look of a style id; the looks themselves are described in `styles.look`.
"""

from __future__ import annotations

from sora_kit.backends.animatic.styles.look import Look, OverlayContext, Room

__all__ = ("Look", "OverlayContext", "Room", "look")


def look(style: str | None) -> Look:
    """The look of a style.

    Args:
        style: A style id of the catalogue, or None for the plain look.

    Raises:
        UnknownStyle: If there is no style of that name.
    """
    from sora_kit.backends.animatic.styles import catalogue

    return catalogue.look(style)
