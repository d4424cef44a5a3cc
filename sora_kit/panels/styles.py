"""`Styles`: the ten looks as pictures of the user's own prompt.

When the person has stopped typing, the pictures are drawn one after the other in the studio's process
pool; the loop only waits for them, and a new word ends the round. Until then, and for prompts that
cannot be drawn, the ones that come with the package stand there. What was chosen is written into the
prompt's text and read back from there.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import traitlets

from sora_kit.errors import SoraKitError
from sora_kit.language import STYLES, Request
from sora_kit.panels.assets import inline, picture, script, sheet
from sora_kit.panels.draft import Draft
from sora_kit.panels.panel import Panel

if TYPE_CHECKING:
    from sora_kit.studio import Studio

__all__ = ("LOOKS", "NONE", "Styles")

_log = logging.getLogger(__name__)

_PAUSE = 0.9
"""Seconds without a change before pictures are drawn."""

NONE = "none"
"""The grid's word for no style."""

LOOKS = (
    *(NONE, "anime", "comic", "retro", "golden", "news"),
    *("selfie", "handheld", "festive", "nostalgic", "kakalaka"),
)
"""The grid's order: the most asked for first."""


class Styles(Panel):
    """The style grid.

    Args:
        studio: The open workspace.
        draft: The draft whose text gets the tag; a new one by default.
    """

    _esm = script("styles")
    _css = sheet("styles")

    looks: traitlets.List[Any] = traitlets.List().tag(sync=True)
    pictures = traitlets.Dict().tag(sync=True)
    """Look → picture as a data address, about 4 kB each."""
    chosen = traitlets.Unicode(NONE).tag(sync=True)
    hint = traitlets.Unicode().tag(sync=True)

    def __init__(self, studio: Studio, *, draft: Draft | None = None) -> None:
        self.studio = studio
        self.draft = draft or Draft(studio)
        self._round: Future[None] | None = None
        self._drawn: Request | None = None
        super().__init__(
            looks=[{"id": look, "label": look, "about": _about(look)} for look in LOOKS],
            pictures={look: inline(picture(f"look_{look}.webp")) for look in LOOKS},
        )
        self.draft.observe(lambda _: self._read(), "reading")
        self._read()

    def do_choose(self, style: str) -> None:
        """A tile was pressed; pressing the chosen one again takes the style off."""
        self.draft.choose_style(None if style in (NONE, self.chosen) else style)

    def close(self) -> None:
        """Stop drawing."""
        if self._round:
            self._round.cancel()
        super().close()

    def _read(self) -> None:
        self.chosen = self.draft.reading["style"] or NONE
        request = self.draft.request
        if request is None or (plain := request.with_(style=None, notes=())) == self._drawn:
            return
        if self._round:
            self._round.cancel()
        self._round = self.studio.loop.submit(self._draw(plain))

    async def _draw(self, plain: Request) -> None:
        """One round, on the studio's loop."""
        await asyncio.sleep(_PAUSE)
        drawn: dict[str, str] = {}
        try:
            for look in LOOKS:
                styled = plain.with_(style=None if look == NONE else look)
                drawn[look] = inline(await self.studio.thumbnail(styled))
                self.send({"drawn": {look: drawn[look]}})
        except SoraKitError:
            _log.info("the style pictures could not be drawn", exc_info=True)
            return
        self._drawn = plain
        self.pictures = drawn
        self.hint = "from your prompt"


def _about(look: str) -> str:
    return "No style: as the backend likes" if look == NONE else STYLES[look].description
