"""What a tile needs to show a clip in the page that looks at it, wherever that is.

Media go by address. Where no address of ours reaches the page (Colab, Codespaces), or may not (the frame
in which an editor such as VS Code shows outputs), the poster travels inside the tile, small, and a clip
is sent through the notebook's own channel when somebody presses play, if it is small enough for that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sora_kit.notebook.cards.clip import MOST_BYTES
from sora_kit.notebook.pictures import inline
from sora_kit.notebook.urls import Place, media_url

if TYPE_CHECKING:
    from sora_kit.store.clips import Clip
    from sora_kit.studio import Studio

__all__ = ("MOST_BYTES", "shown")

POSTER_WIDTH = 320
"""In pixels. About 10 kB."""


def shown(studio: Studio, clip: Clip) -> dict[str, Any]:
    """Addresses of a clip: keywords of `sora_kit.panels.tiles.tile`.

    Args:
        studio: The open workspace.
        clip: What is shown.

    Returns:
        ``video`` and ``poster`` (None where the page cannot have them) and ``sendable``: whether the clip
        can be asked for through the notebook's channel where its address fails.
    """
    video = media_url(studio, clip)
    astray = video is None or Place.here().editor
    poster = inline(clip.poster_file, POSTER_WIDTH) if astray else media_url(studio, clip, "poster")
    sendable = astray and clip.kind == "video" and clip.bytes <= MOST_BYTES
    return {"video": video, "poster": poster, "sendable": sendable}
