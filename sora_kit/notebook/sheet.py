"""The stylesheet of cards, and the wrapper that lets a card stand alone in an output.

A saved notebook, an export or GitHub has no widget to bring the style, so each static card carries
its own; a live card gets the same sheet through its widget.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sora_kit.notebook import theme
from sora_kit.notebook.html import Markup, tag, trusted

__all__ = ("STATIC", "css", "page")

STATIC = Path(__file__).with_name("static")
"""Folder of the scripts and styles that are sent to the page."""


@cache
def css() -> str:
    """The tokens and parts of the theme, and the layout of cards."""
    return theme.CSS + (STATIC / "card.css").read_text(encoding="utf-8")


def page(*children: object) -> Markup:
    """Children inside the root class, with the stylesheet."""
    return tag("div", tag("style", trusted(css())), *children, class_="sora-kit")
