"""Clips side by side, in step.

The card is plain HTML with a small script of ours in it, not a widget: it goes on working in a saved
notebook while clips can be reached, and where scripts are taken out (GitHub, a notebook that is not
trusted) each player keeps its own controls.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from sora_kit.errors import InvalidInput
from sora_kit.notebook import words
from sora_kit.notebook.cards import clip as clip_card
from sora_kit.notebook.html import Markup, tag, trusted
from sora_kit.notebook.pictures import inline
from sora_kit.notebook.sheet import STATIC, page

if TYPE_CHECKING:
    import pandas as pd

    from sora_kit.store.clips import Clip

__all__ = ("Comparison", "caption", "differing", "script")

FEWEST, MOST = 2, 4
FACTS = ("style", "model", "seed", "backend", "prompt")
"""What may tell clips apart, the shortest first."""


class Comparison:
    """Two to four clips, for a cell to show.

    Args:
        clips: From left to right.
        frame: The table that they come from, for terminals.

    Raises:
        InvalidInput: Fewer than two or more than four.
    """

    def __init__(self, clips: Sequence[Clip], frame: pd.DataFrame) -> None:
        if not FEWEST <= len(clips) <= MOST:
            raise InvalidInput(
                f"{words.count(len(clips), 'clip')} cannot be compared",
                why=f"{FEWEST} to {MOST} fit side by side",
                fix="Choose some rows, for example df.head(3).sora.compare()",
            )
        self.clips = tuple(clips)
        self.frame = frame

    def _repr_html_(self) -> str:
        return str(page(card(self.clips), tag("script", script())))

    def __repr__(self) -> str:
        return repr(self.frame)


def card(clips: Sequence[Clip]) -> Markup:
    """The players, what tells them apart, and the controls, which the script shows when it has them."""
    differ = differing(clips)
    common = None if "prompt" in differ else tag("p", words.short(clips[0].prompt, 240), class_="sk-prompt")
    shapes = {clip.width / clip.height for clip in clips}
    shape = f"{clips[0].width} / {clips[0].height}" if len(shapes) == 1 else "16 / 9"  # one height for all
    tiles = (
        tag(
            "figure",
            tag(
                "div",
                clip_card.player(clip, clip_card.address(clip), inline(clip.poster_file, 480)),
                clip_card.badges(clip),
                class_="sk-frame",
                style=f"aspect-ratio: {shape}",
            ),
            tag(
                "figcaption",
                tag("span", caption(clip, differ), class_="sk-prompt"),
                hear(clip) if clip.kind == "video" else None,
                class_="sk-row sk-between",
            ),
            class_="sk-side",
        )
        for clip in clips
    )
    longest = max(clip.seconds for clip in clips)
    return tag(
        "div",
        common,
        tag("div", tiles, class_="sk-sides", style=f"--sk-columns: {len(clips)}"),
        controls(longest) if longest else None,
        class_="sk-card sk-compare",
        data_sync=True,
    )


def differing(clips: Sequence[Clip]) -> list[str]:
    """Names of the facts that tell them apart."""
    return [name for name in FACTS if len({getattr(clip, name) for clip in clips}) > 1]


def caption(clip: Clip, differ: Sequence[str]) -> str:
    """What this one is and the others are not."""
    told: dict[str, Any] = {
        "style": clip.style or "no style",
        "model": clip.model,
        "seed": f"seed {clip.seed}",
        "backend": clip.backend,
        "prompt": words.short(clip.prompt, 120),
    }
    if "prompt" in differ or "style" in differ:  # seeds are chosen at random unless somebody says so
        differ = [name for name in differ if name != "seed"]
    return " · ".join(told[name] for name in differ) or clip.model


def hear(clip: Clip) -> Markup:
    """The button for its sound."""
    return tag(
        "button",
        "Sound",
        type="button",
        class_="sk-button sk-small",
        data_do="hear",
        aria_pressed="false",
        aria_label=f"Sound of {words.short(clip.prompt, 40)}",
        hidden=True,
    )


def controls(longest: float) -> Markup:
    """One set for all."""
    return tag(
        "div",
        tag("button", "Play", type="button", class_="sk-button", data_do="play"),
        tag("input", type="range", min=0, max=longest, step=0.1, value=0, aria_label="Position"),
        tag("span", f"0.0 / {longest:.1f} s", class_="sk-muted", data_do="time"),
        tag(
            "select",
            (
                tag("option", f"{speed:g}×", value=speed, selected=speed == 1)
                for speed in (0.25, 0.5, 1, 1.5, 2)
            ),
            aria_label="Speed",
            data_do="speed",
        ),
        class_="sk-row sk-transport",
        hidden=True,
    )


@cache
def script() -> Markup:
    """What keeps them in step."""
    return trusted((STATIC / "sync.js").read_text(encoding="utf-8"))
