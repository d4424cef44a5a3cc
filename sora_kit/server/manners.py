"""What a server does for all chats alike, and who decides it.

An argument of ``studio.serve`` (or an option of ``sora-kit serve``) beats the environment, and that beats
the workspace's settings, which are read at each use: every server of the workspace follows a change.

| | argument | environment | setting |
|---|---|---|---|
| how clips are shown | ``media_style`` | ``SORA_KIT_MEDIA_STYLE`` | ``chat.media_style`` |
| how long a result is waited for | ``wait_seconds`` | ``SORA_KIT_WAIT_SECONDS`` | ``chat.wait_seconds`` |
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sora_kit.errors import InvalidInput
from sora_kit.server.media_style import MediaStyle, read_style

if TYPE_CHECKING:
    from collections.abc import Mapping

    from litestar import Litestar

    from sora_kit.studio import Studio

__all__ = ("WAIT_SECONDS", "Manners", "manners_of")

WAIT_SECONDS = 540.0
"""OpenAI's clients give up after 600 s and then ask again, which would buy a second time."""

LONGEST = 86_400.0
MARGIN = 0.9
"""Share of a client's own patience that is used."""


@dataclass(frozen=True, slots=True)
class Manners:
    """The arguments of one server; what is not given is decided elsewhere."""

    media_style: str | None = None
    wait_seconds: float | None = None

    def __post_init__(self) -> None:
        """Refuse at the start what no request could be answered with."""
        if self.media_style is not None:
            read_style(self.media_style)
        if self.wait_seconds is not None:
            _seconds(self.wait_seconds)

    def style(self, studio: Studio) -> MediaStyle:
        """How clips are shown.

        Raises:
            InvalidInput: The environment or the setting names no style.
        """
        word = self.media_style or os.environ.get("SORA_KIT_MEDIA_STYLE")
        return read_style(str(word or studio.settings.get("chat.media_style") or "")) or "auto"

    def patience(self, studio: Studio, headers: Mapping[str, str]) -> float:
        """Seconds that a request may wait for its result, less if its client gives up earlier.

        Raises:
            InvalidInput: The environment or the setting is no length of time.
        """
        limit: Any = self.wait_seconds
        if limit is None:
            limit = os.environ.get("SORA_KIT_WAIT_SECONDS") or studio.settings.get("chat.wait_seconds")
        seconds = WAIT_SECONDS if limit is None else _seconds(limit)
        try:
            own = float(headers.get("x-stainless-read-timeout", "inf"))
        except ValueError:
            own = math.inf
        return min(seconds, own * MARGIN) if own > 0 else seconds


def manners_of(app: Litestar) -> Manners:
    """Those of the server that a request came to."""
    found: Manners | None = app.state.get("manners")
    return found or Manners()


def _seconds(value: Any) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = math.nan
    if not 0 <= seconds <= LONGEST:
        raise InvalidInput(
            f"{str(value)[:40]!r} is no time to wait",
            fix=f"Give seconds from 0 to {LONGEST:g}; {WAIT_SECONDS:g} is usual",
            param="wait_seconds",
        )
    return seconds
