"""The card of a character: who it is, how prompts call it, where it is known."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sora_kit.notebook import words
from sora_kit.notebook.html import Markup, tag
from sora_kit.notebook.pictures import inline
from sora_kit.notebook.sheet import page

if TYPE_CHECKING:
    from sora_kit.notebook.widgets import Bundle
    from sora_kit.store.characters import Character
    from sora_kit.studio.characters import Cast

__all__ = ("bundle", "card", "library")

PORTRAIT_WIDTH = 240
"""In pixels: twice the width on the card, for sharp screens. About 8 kB."""


def bundle(one: Character | Cast) -> Bundle:
    """How a cell shows a character, or all of them; the portrait stays in the saved notebook."""
    from sora_kit.store.characters import Character

    shown = card(one) if isinstance(one, Character) else library(one)
    return {"text/html": str(page(shown)), "text/plain": repr(one)}


def card(one: Character) -> Markup:
    """One character."""
    facts = (one.backend.capitalize(), words.ago(one.created, time.time()))
    named = one.display_name if one.display_name != one.name else ""
    return tag(
        "figure",
        tag("img", src=inline(one.portrait, PORTRAIT_WIDTH), alt=f"Portrait of @{one.name}"),
        tag(
            "figcaption",
            tag("p", tag("b", f"@{one.name}"), f" {named}" if named else None, class_="sk-prompt"),
            tag("p", one.description, class_="sk-muted") if one.description else None,
            tag("p", " · ".join(facts), class_="sk-faint", title=words.clock(one.created)),
            tag("p", "In a prompt: ", tag("code", f"@{one.name} waves"), class_="sk-faint"),
        ),
        class_="sk-card sk-character",
        data_character=one.id,
    )


def library(cast: Cast) -> Markup:
    """All characters, newest first."""
    shown = [card(one) for one in cast]
    if not shown:
        return tag(
            "div",
            tag("p", "There are no characters yet."),
            tag("p", "studio.character(clip, name=…) makes one of what a clip shows.", class_="sk-muted"),
            class_="sk-card sk-wide",
        )
    return tag("div", shown, class_="sk-characters")
