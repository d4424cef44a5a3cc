"""The one place that touches ipywidgets and anywidget, which are untyped.

`LiveCard` is a single widget model: a frame drawn once, and parts that are filled in while it is
shown (see ``static/card.js``). Its traits may be set from any thread, also while a cell blocks the
kernel; its clicks arrive in whichever thread the kernel's version chooses, so they are handed on to a
thread of ours and return at once.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

import anywidget
import traitlets

from sora_kit.notebook.html import Markup
from sora_kit.notebook.sheet import STATIC, css

__all__ = ("Bundle", "LiveCard", "bundle", "in_background")

Bundle = dict[str, Any]
"""Mime type → representation, as Jupyter's display protocol has it."""

_VIEW = "application/vnd.jupyter.widget-view+json"


class LiveCard(anywidget.AnyWidget):
    """A card that changes while it is shown. Displaying it twice shows the same card twice."""

    _esm = (STATIC / "card.js").read_text(encoding="utf-8")
    _css = css()

    html = traitlets.Unicode("").tag(sync=True)
    """The frame. Setting it redraws the card."""

    live = traitlets.Dict().tag(sync=True)
    """Name of a ``data-live`` element → its text, or the width of a bar in percent."""

    def __init__(self, html: Markup, live: Mapping[str, str | int] | None = None) -> None:
        super().__init__(html=str(html), live=dict(live or {}))
        self._actions: dict[str, Callable[[], None]] = {}
        self.on_msg(self._receive)

    def on_action(self, name: str, action: Callable[[], None]) -> None:
        """Call ``action`` in a thread of its own whenever a ``data-action`` button is pressed."""
        self._actions[name] = action

    def tell(self, **secrets: str) -> None:
        """Show secrets in the open page. They are sent, but never part of the saved state."""
        self.send({"secrets": secrets})

    def _receive(self, _card: object, content: Mapping[str, Any], _buffers: object) -> None:
        action = self._actions.get(str(content.get("action", "")))
        if action is not None:
            in_background(action)


def bundle(card: LiveCard, html: Markup, plain: str) -> Bundle:
    """How a live card is displayed, with HTML and text for places that have no kernel."""
    view = {"version_major": 2, "version_minor": 1, "model_id": card.model_id}
    return {_VIEW: view, "text/html": str(html), "text/plain": plain}


def in_background(work: Callable[[], None]) -> None:
    """Run ``work`` in a daemon thread; a failure goes to the log, as nobody waits for it."""

    def guarded() -> None:
        try:
            work()
        except Exception:
            logging.getLogger(__name__).exception("A card's background work failed")

    threading.Thread(target=guarded, name="sora-kit-card", daemon=True).start()
