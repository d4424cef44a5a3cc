"""The card of a finished clip: its poster, and a player that loads nothing until it is asked to."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast

from sora_kit.notebook import words
from sora_kit.notebook.html import Markup, tag
from sora_kit.notebook.pictures import inline
from sora_kit.notebook.sheet import page

if TYPE_CHECKING:
    from sora_kit.notebook.widgets import Bundle
    from sora_kit.store.clips import Clip
    from sora_kit.studio import Studio

__all__ = ("address", "bundle", "card", "player")

POSTER_WIDTH = 480
"""In pixels: the width of the card. About 15 kB."""


def bundle(clip: Clip) -> Bundle:
    """How a cell shows a clip: it plays by URL now, and keeps its poster when the kernel is gone."""
    return {"text/html": str(page(card(clip))), "text/plain": repr(clip)}


def card(clip: Clip, *, width: int = POSTER_WIDTH) -> Markup:
    """The tile of one clip, with a poster of that many pixels.

    May start a media server; never call it on the studio's loop.
    """
    shape = f"aspect-ratio: {clip.width} / {clip.height}"
    picture = inline(clip.poster_file, width)
    tall = " sk-tall" if clip.height > clip.width else ""
    return tag(
        "figure",
        tag("div", player(clip, address(clip), picture), badges(clip), class_="sk-frame", style=shape),
        tag(
            "figcaption",
            tag("p", words.short(clip.prompt, 240) or "No prompt", class_="sk-prompt"),
            tag("p", facts(clip), class_="sk-faint", title=words.clock(clip.created)),
            class_="sk-about",
        ),
        class_=f"sk-card sk-tile sk-clip{tall}",
        data_clip=clip.id,
    )


def player(clip: Clip, url: str | None, picture: str | None) -> Markup:
    """The picture or the lazy player itself.

    Args:
        clip: What is shown.
        url: Where the browser finds the media, or None when it cannot.
        picture: Address or ``data:`` URI of the poster, or None.
    """
    still = tag("img", src=picture or url, alt=words.short(clip.prompt), loading="lazy")
    if url is None:
        return still
    if clip.kind == "image":  # the small one is shown, which outlives the address; a click opens the full one
        return tag("a", still, href=url, target="_blank", rel="noopener", title="Open the full picture")
    return tag(
        "video",
        still,  # what readers see where video is not allowed
        src=url,
        poster=picture,
        preload="none",
        controls=True,
        playsinline=True,
        loop=True,
        title=words.short(clip.prompt),
    )


def badges(clip: Clip) -> tuple[Markup, ...]:
    """What made it, on the left, and how long it is, on the right."""
    maker = tag("span", clip.backend.upper(), class_="sk-badge", title=what_made_it(clip))
    if clip.kind == "image":
        return (maker,)
    return maker, how_long(clip)


def how_long(clip: Clip) -> Markup:
    """The badge that says that it can be played."""
    return tag("span", f"▶ {words.length(clip.seconds)}", class_="sk-badge sk-right")


def what_made_it(clip: Clip) -> str:
    """For hovering over the badge."""
    return "A drawn preview, not footage" if clip.preview else f"Made by {clip.backend}"


def facts(clip: Clip) -> str:
    """Style, model, size and age, in one line."""
    return " · ".join(
        (
            clip.style or "no style",
            clip.model,
            f"{clip.width}×{clip.height}",
            words.size(clip.bytes),
            words.ago(clip.created, time.time()),
        )
    )


def address(clip: Clip) -> str | None:
    """Where the reader's browser finds the media, or None."""
    from sora_kit.notebook.urls import media_url

    return media_url(cast("Studio", clip.source), clip) if clip.source else None
