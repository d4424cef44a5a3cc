"""From a picture or clip in a body to a `MediaRef`.

Bytes and files are checked and stored at once (decoded in a limited process, see
`sora_kit.media.check`). URLs stay URLs: `Studio.accept` reads them through the one guarded fetch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sora_kit.language.request import MediaRef
from sora_kit.server.fields import Medium

if TYPE_CHECKING:
    from sora_kit.studio import Studio

__all__ = ("attach",)


async def attach(studio: Studio, found: Medium | None, kind: Literal["image", "video"]) -> MediaRef | None:
    """The reference for what `fields.media` found.

    Raises:
        BadMedia: The bytes are no such media, damaged or over the limits.
    """
    if found is None:
        return None
    if isinstance(found, str):
        return MediaRef(url=found)
    return await studio.store_media(found, kind=kind)
