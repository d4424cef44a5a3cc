"""``/media/…``: clips, pictures and posters, for players and ``<img>`` tags.

These addresses need no key, because players cannot send one; the token in them is unguessable and never
changes its meaning, so answers may be kept for ever.
"""

from __future__ import annotations

import asyncio

from litestar import HttpMethod, route
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.types import ASGIApp

from sora_kit.errors import NotFound
from sora_kit.server.files import FileAnswer
from sora_kit.server.pictures import MIMES, encoded, named
from sora_kit.studio import Studio

__all__ = ("serve_media",)

PICTURES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}


@route(
    "/media/{name:str}",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    status_code=200,
    tags=["Media"],
    summary="Play a clip or show a picture",
)
async def serve_media(studio: NamedDependency[Studio], name: FromPath[str]) -> ASGIApp:
    """``TOKEN.mp4`` a clip, ``TOKEN.png`` a picture, ``TOKEN.jpg`` the poster of either; or a portrait.

    ``TOKEN.webp``, ``TOKEN.jpeg`` and ``TOKEN.80.webp`` are a picture in another format.
    """
    token, _, ext = name.rpartition(".")
    clip = studio.clips_table.by_token(token) if token else None
    if clip is not None and ext == clip.ext and clip.file.is_file():
        return FileAnswer(clip.file, media_type=clip.mime, etag=clip.sha256)
    if clip is not None and ext == "jpg" and clip.poster_file.is_file():
        return FileAnswer(clip.poster_file, media_type="image/jpeg", etag=clip.poster_sha256)
    face = studio.characters_table.by_token(token) if token and clip is None else None
    if face is not None and ext == face.ext and face.portrait.is_file():
        return FileAnswer(face.portrait, media_type=PICTURES.get(ext, "image/png"), etag=face.sha256)
    if (wanted := named(name)) is not None:
        token, quality, output = wanted
        clip = studio.clips_table.by_token(token)
        if clip is not None and clip.kind == "image" and clip.file.is_file():
            data = await asyncio.to_thread(encoded, clip.file, output, quality)
            return FileAnswer(data, media_type=MIMES[output], etag=f"{clip.sha256}-{quality}-{output}")
    raise NotFound("There is no such clip", why="It was deleted, or the address is mistyped")
