"""`Styles`: the ten looks as pictures of the user's own prompt.

The pictures are drawn by the animatic in another process, when the person has stopped typing; until
then, and for prompts that show nothing yet, the ones that come with the package stand there. What
was chosen is written into the prompt's text and read back from there.
"""

from __future__ import annotations

import base64
import threading
from typing import TYPE_CHECKING, Any

import traitlets

from sora_kit.language import STYLES
from sora_kit.panels.assets import picture, script, sheet
from sora_kit.panels.draft import Draft, retag
from sora_kit.panels.panel import Panel

if TYPE_CHECKING:
    from sora_kit.studio import Studio

__all__ = ("Styles",)

_PAUSE = 0.9
"""Seconds without a change before pictures are drawn."""

_NONE = "none"
_ORDER = (_NONE, "anime", "comic", "retro", "golden", "news", "selfie", "handheld", "festive", "nostalgic", "kakalaka")


class Styles(Panel):
    """The style grid.

    Args:
        studio: The open workspace.
        draft: The draft whose text gets the tag; a new one by default.
    """

    _esm = script("styles")
    _css = sheet("styles")

    looks = traitlets.List().tag(sync=True)
    pictures = traitlets.Dict().tag(sync=True)
    chosen = traitlets.Unicode(_NONE).tag(sync=True)
    hint = traitlets.Unicode().tag(sync=True)

    def __init__(self, studio: Studio, *, draft: Draft | None = None) -> None:
        self.studio = studio
        self.draft = draft or Draft(studio)
        self._timer: threading.Timer | None = None
        self._drawn = ""
        looks = [{"id": _NONE, "label": "none", "about": "No style: as the backend likes"}]
        looks += [{"id": s, "label": s, "about": STYLES[s].description} for s in _ORDER[1:]]
        super().__init__(looks=looks, pictures={look: _inline(picture(f"look_{look}.webp")) for look in _ORDER})
        self.draft.observe(lambda _: self._read(), "reading")
        self._read()

    def on_choose(self, style: str) -> None:
        """A tile was pressed; pressing the chosen one again takes the style off."""
        self.draft.choose_style(None if style in (_NONE, self.chosen) else style)

    def close(self) -> None:
        """Stop drawing."""
        if self._timer:
            self._timer.cancel()
        super().close()

    def _read(self) -> None:
        self.chosen = self.draft.reading["style"] or _NONE
        draw = getattr(self.studio, "thumbnails", None)
        if draw is None or self.draft.reading["error"]:
            return
        if self._timer:
            self._timer.cancel()
        self._timer = threading.Timer(_PAUSE, self._draw, [draw])
        self._timer.daemon = True
        self._timer.start()

    def _draw(self, draw: Any) -> None:
        """Runs on the timer's thread; ``draw`` works in the studio's process pool."""
        plain = retag(self.draft.text, None)
        if plain == self._drawn or not plain:
            return
        self._drawn = plain
        drawn: dict[str, bytes] = draw(plain, [None if look == _NONE else look for look in _ORDER])
        if plain == retag(self.draft.text, None):
            self.pictures = {look or _NONE: _inline(data) for look, data in drawn.items()}
            self.hint = "from your prompt"


def _inline(data: bytes) -> str:
    kind = "webp" if data[:4] == b"RIFF" else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
