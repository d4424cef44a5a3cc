"""A contact sheet: one HTML file that needs nothing else, to send, keep or print.

Pictures lie in the file itself, and so do videos as long as they fit; those that do not are shown by
their poster, with the reason. Nothing in the file refers to a server or to a path of this computer.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sora_kit.errors import NotFound
from sora_kit.media.atomic import landing, temporary_name
from sora_kit.notebook import theme, words
from sora_kit.notebook.cards import clip as clip_card
from sora_kit.notebook.html import Markup, join, tag, trusted
from sora_kit.notebook.pictures import inline
from sora_kit.notebook.sheet import STATIC, css

if TYPE_CHECKING:
    from sora_kit.store.clips import Clip

__all__ = ("contact_sheet", "document")

POSTER_WIDTH = 640
"""In pixels; sharp enough on paper. About 30 kB."""
MB = 1_000_000


def contact_sheet(
    clips: Sequence[Clip], path: str | Path, *, title: str, columns: int, videos_mb: float
) -> Path:
    """Write clips to one HTML file.

    Args:
        clips: In order.
        path: Where to; what is there is replaced when the new file is complete.
        title: Heading of the page.
        columns: Tiles side by side on a wide screen; paper has two or fewer.
        videos_mb: How many megabytes of videos to take in, 0 for posters only. The shortest files
            first, so that as many as possible play.

    Returns:
        The path.
    """
    target = Path(path).expanduser()
    page = document(clips, title=title, columns=columns, videos_mb=videos_mb)
    part = temporary_name(target)
    with landing(part, target):
        part.write_text(page, encoding="utf-8")
    return target


def document(clips: Sequence[Clip], *, title: str, columns: int, videos_mb: float) -> str:
    """The whole page."""
    inside = taken_in(clips, videos_mb * MB)
    tiles = (tile(clip, plays=clip.id in inside) for clip in clips)
    made = datetime.now(UTC).astimezone().strftime("%d %b %Y")
    left_out = sum(clip.kind == "video" and clip.id not in inside for clip in clips)
    remark = f" {words.count(left_out, 'video')} shown by a picture only." if left_out else ""
    body = tag(
        "main",
        tag(
            "header",
            tag("h1", title),
            tag("p", f"{words.count(len(clips), 'clip')}, {made}.{remark}", class_="sk-muted"),
        ),
        tag("div", tiles, class_="sk-gallery", style=f"--sk-columns: {columns:d}"),
        class_="sora-kit sk-sheet",
    )
    head = join(
        (
            tag("meta", charset="utf-8"),
            tag("meta", name_="viewport", content="width=device-width, initial-scale=1"),
            tag("title", title),
            tag("style", trusted(css() + sheet_css())),
        )
    )
    return "<!doctype html>\n" + tag("html", tag("head", head), tag("body", body), lang="en")


def taken_in(clips: Sequence[Clip], limit: float) -> set[str]:
    """Ids of the videos that go into the file, smallest first."""
    chosen: set[str] = set()
    room = limit
    for clip in sorted({c.id: c for c in clips if c.kind == "video"}.values(), key=lambda c: c.bytes):
        if clip.bytes > room:
            break
        if clip.file.is_file():
            room -= clip.bytes
            chosen.add(clip.id)
    return chosen


def tile(clip: Clip, *, plays: bool) -> Markup:
    """One clip with everything there is to say about it."""
    still = inline(clip.poster_file, POSTER_WIDTH)
    url = None
    if plays:
        try:
            url = f"data:{clip.mime};base64,{b64encode(clip.read()).decode('ascii')}"
        except (NotFound, FileNotFoundError):
            url = None  # deleted at this very moment
    picture = tag("img", src=still, alt=words.short(clip.prompt), class_="sk-on-paper") if still else None
    facts = (clip.style, clip.model, f"{clip.width}×{clip.height}", f"seed {clip.seed}", clip.backend)
    missing = (
        f"The video ({words.size(clip.bytes)}) is not in this file."
        if clip.kind == "video" and not url
        else ""
    )
    return tag(
        "figure",
        tag(
            "div",
            clip_card.player(clip, url, still),
            picture if url else None,
            clip_card.badges(clip),
            class_="sk-frame",
        ),
        tag(
            "figcaption",
            tag("p", clip.prompt or "No prompt", class_="sk-prompt sk-text"),
            tag("p", " · ".join(fact for fact in facts if fact), class_="sk-faint"),
            tag("p", f"{words.clock(clip.created)} · {clip.id}", class_="sk-faint"),
            tag("p", missing, class_="sk-faint") if missing else None,
            class_="sk-about",
        ),
        class_="sk-card sk-tile",
    )


def sheet_css() -> str:
    """What the page needs beside the cards' sheet: the page itself, the reader's theme, paper."""
    dark = "".join(f"--sk-{name}:{value};" for name, value in theme.DARK.items())
    follow = (
        f"@media screen and (prefers-color-scheme: dark) {{ .sora-kit {{ {dark} color-scheme: dark; }} }}"
    )
    return f"{follow}\n{(STATIC / 'export.css').read_text(encoding='utf-8')}"
