"""The card of an open studio: what runs where, as it is at this moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sora_kit.notebook import words
from sora_kit.notebook.html import Markup, tag, trusted
from sora_kit.notebook.sheet import page

if TYPE_CHECKING:
    from sora_kit.notebook.widgets import Bundle
    from sora_kit.studio import Studio

__all__ = ("bundle", "card")

BRAND = trusted('<span class="sk-brand">sora<i>_</i>kit</span>')
ROLES = {"runner": "makes clips here", "client": "another process makes the clips"}


def bundle(studio: Studio) -> Bundle:
    """How a cell shows a studio."""
    return {"text/html": str(page(card(studio))), "text/plain": repr(studio)}


def card(studio: Studio) -> Markup:
    """A snapshot; display the studio again for a new one."""
    open_jobs = [job.state for job in studio.records(states={"queued", "running"})]
    running = open_jobs.count("running")
    waiting = len(open_jobs) - running
    at_work = f"{running} running · {waiting} waiting" if open_jobs else "nothing running"
    plays = studio.media_server.url if studio.media_server else None  # only there for clips in this page
    served = next((runner.url for runner in studio.runners() if runner.url not in ("", plays)), "")
    return tag(
        "div",
        tag(
            "div",
            BRAND,
            chip("Workspace", studio.workspace.name),
            chip("Backend", studio.backend.capitalize(), dot=True),
            chip("This kernel", ROLES[studio.role]),
            class_="sk-row",
        ),
        tag(
            "div",
            chip("Clips", f"{studio.count_clips():,}"),
            chip("Jobs", at_work),
            chip("API", served.removeprefix("http://") or "not served"),
            class_="sk-chips",
        ),
        tag("div", str(studio.workspace.folder), class_="sk-path"),
        class_="sk-card sk-wide sk-studio",
    )


def chip(name: str, value: str, *, dot: bool = False) -> Markup:
    """A fact in a pill."""
    mark = tag("span", class_="sk-dot") if dot else None
    return tag("span", mark, name, " ", tag("b", words.short(value, 60)), class_="sk-chip")
