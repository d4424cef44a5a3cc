"""A picture for every shot of a board, drawn once and kept.

A picture has a *key* made of all that decides it, so an edit of one shot draws one picture anew, and
going back in time draws nothing. When the person has paused, what is missing is drawn in order on the
studio's loop and in its process pool; a newer wish ends the round.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING

from sora_kit.errors import SoraKitError
from sora_kit.language import Request, read_scenes
from sora_kit.panels.assets import inline

if TYPE_CHECKING:
    from sora_kit.studio import Studio

__all__ = ("ShotPictures", "keys_of")

_log = logging.getLogger(__name__)

_PAUSE = 0.25
"""Seconds without a change before pictures are drawn."""

_MOST = 200
"""Pictures that are kept, of about 15 kB each."""

_SIZE = (384, 216)


class ShotPictures:
    """Draws and keeps pictures.

    Args:
        studio: Whose loop and pool draw.
        tell: Called on the loop with each new picture's key and data address.
    """

    def __init__(self, studio: Studio, tell: Callable[[str, str], None]) -> None:
        self.studio = studio
        self.tell = tell
        self.drawn: dict[str, str] = {}
        """Key → picture as a data address, oldest first."""
        self._round: Future[None] | None = None

    def want(self, request: Request) -> None:
        """Draw what is missing of a request with shots."""
        self.stop()
        keys = keys_of(request)
        missing = [(number, key) for number, key in enumerate(keys) if key not in self.drawn]
        if missing:
            self._round = self.studio.loop.submit(self._draw(request, missing))

    def stop(self) -> None:
        """End the round."""
        if self._round:
            self._round.cancel()

    async def _draw(self, request: Request, missing: list[tuple[int, str]]) -> None:
        await asyncio.sleep(_PAUSE)
        width, height = _SIZE if request.width >= request.height else _SIZE[::-1]
        try:
            for number, key in missing:
                data = await self.studio.thumbnail(request, width=width, height=height, shot=number)
                kept = list(self.drawn.items())[-_MOST + 1 :]
                self.drawn = {**dict(kept), key: inline(data)}
                self.tell(key, self.drawn[key])
        except SoraKitError:
            _log.info("the shots could not be drawn", exc_info=True)


def keys_of(request: Request) -> list[str]:
    """What tells one picture from another: the scene as it is read, its place, the style and the shape."""
    keys = []
    for number, scene in enumerate(read_scenes(request)):
        said = sorted(scene.said)  # a set prints differently in each process
        plain = [getattr(scene, name) for name in scene.__slots__ if name not in ("said", "unread")]
        parts = (number, plain, said, request.style, request.width > request.height, request.seed)
        keys.append(hashlib.blake2b(repr(parts).encode("utf-8", "replace"), digest_size=8).hexdigest())
    return keys
