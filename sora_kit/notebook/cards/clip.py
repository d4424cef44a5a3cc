"""The card of a finished clip: its poster, and a player that loads nothing until it is asked to.

A clip is played by its address. Where no address of ours reaches the page (Colab, Codespaces), or may
not (an editor that shows notebooks in a frame of its own), the card is a widget with a button that
sends this one clip through the notebook's own channel, if it is small enough for that.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast

from sora_kit.notebook import words
from sora_kit.notebook.html import Markup, join, tag
from sora_kit.notebook.pictures import inline
from sora_kit.notebook.sheet import page

if TYPE_CHECKING:
    from sora_kit.notebook.widgets import Bundle
    from sora_kit.store.clips import Clip
    from sora_kit.studio import Studio

__all__ = ("address", "bundle", "card", "player")

POSTER_WIDTH = 480
"""In pixels: the width of the card. About 15 kB."""


MOST_BYTES = 8_000_000
"""Of a clip that is sent through the notebook's channel, where it holds up everything else."""


def bundle(clip: Clip) -> Bundle:
    """How a cell shows a clip: it plays by URL now, and keeps its poster when the kernel is gone."""
    from sora_kit.notebook.urls import Place, reach

    shown = card(clip)
    place = Place.here()
    reached = reach("http://127.0.0.1:1/", place) is not None and not place.editor
    closed = clip.source is None or cast("Studio", clip.source).closed
    if reached or closed or clip.kind != "video":
        return {"text/html": str(page(shown)), "text/plain": repr(clip)}
    from sora_kit.notebook.widgets import LiveCard

    widget = LiveCard(join((shown, on_request(clip, hidden=address(clip) is not None))))
    widget.on_action("load", lambda: widget.hand_over(clip.mime, clip.read()))
    return widget.bundle(page(shown), repr(clip))


def on_request(clip: Clip, *, hidden: bool) -> Markup:
    """What to do where the clip cannot be reached; ``hidden`` until that turns out."""
    if clip.bytes > MOST_BYTES:
        remark = f"This page cannot reach the clip ({words.size(clip.bytes)}). clip.save(path) makes a copy."
        return tag("p", remark, class_="sk-faint", data_out_of_reach=True, hidden=hidden)
    return tag(
        "p",
        tag(
            "button",
            f"Load the clip ({words.size(clip.bytes)})",
            type="button",
            class_="sk-button",
            data_action="load",
            data_busy="Loading…",
        ),
        data_out_of_reach=True,
        hidden=hidden,
    )


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
