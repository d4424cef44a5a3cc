"""Pictures and clips that users hand in, in whatever form, on their way into the workspace.

Everything from outside is checked in a limited process before it is stored, and a URL is read only
through the one guarded fetch.
"""

from __future__ import annotations

import asyncio
import io
import os
from pathlib import Path
from typing import Any

from sora_kit.errors import BadMedia
from sora_kit.language.request import MediaRef, Request
from sora_kit.store import Clip, MediaStore

__all__ = ("Intake",)


class Intake:
    """The way in for reference pictures and clips."""

    def __init__(self, media: MediaStore) -> None:
        self.media = media

    async def request(self, request: Request) -> Request:
        """The request with every URL in it replaced by stored content.

        Raises:
            FetchRefused: A URL may not be read, or could not be.
            BadMedia: Something is not a picture or clip, is damaged, or is over the limits.
        """
        changes = {}
        for name in ("image", "video"):
            reference: MediaRef | None = getattr(request, name)
            if reference is not None and reference.url:
                changes[name] = await self.fetched(reference.url, name)
        return request.with_(**changes) if changes else request

    async def fetched(self, url: str, kind: str) -> MediaRef:
        """Read a URL and store what it holds."""
        from sora_kit.media.fetch import fetch
        from sora_kit.media.guarded import private_allowed

        with self.media.folder_for_work("fetch") as folder:
            got = await fetch(url, into=folder, kinds={kind}, allow_private=private_allowed())  # type: ignore[arg-type]
            return await self.checked(got.path, kind)

    async def thing(self, thing: Any, kind: str) -> MediaRef:
        """Store a picture or clip given as a path, URL, bytes, PIL image, numpy array or `Clip`.

        Raises:
            BadMedia: It is none of these, or not what it claims.
            FetchRefused: A URL may not be read.
        """
        if isinstance(thing, Clip):
            return MediaRef(sha256=thing.sha256)
        if isinstance(thing, MediaRef):
            return thing if thing.sha256 else await self.fetched(thing.url, kind)
        if isinstance(thing, str) and thing.split(":", 1)[0].lower() in ("http", "https", "data"):
            return await self.fetched(thing, kind)
        with self.media.folder_for_work("upload") as folder:
            path = folder / "given"
            if isinstance(thing, bytes | bytearray | memoryview):
                await asyncio.to_thread(path.write_bytes, thing)
            elif isinstance(thing, str | os.PathLike):
                path = Path(thing).expanduser()
                if not path.is_file():
                    raise BadMedia(
                        f"There is no file {str(path)!r}",
                        fix="Give the path of a picture, its bytes, a URL, a PIL image or a numpy array",
                        param=kind,
                    )
            else:
                await asyncio.to_thread(lambda: path.write_bytes(png_of(thing, kind)))
            return await self.checked(path, kind)

    async def checked(self, path: Path, kind: str) -> MediaRef:
        """Check a file in a limited process and store its bytes as they are."""
        from sora_kit.media.check import MAX_IMAGE_BYTES, acheck_image, acheck_video
        from sora_kit.media.sniff import sniff

        if kind == "image":
            if path.stat().st_size > MAX_IMAGE_BYTES:
                raise BadMedia(
                    "That picture is too large",
                    why=f"The limit is {MAX_IMAGE_BYTES >> 20} MiB",
                    fix="Save it smaller, or as JPEG",
                    param=kind,
                )
            data = await asyncio.to_thread(path.read_bytes)
            picture = await acheck_image(data)
            ext = picture.format.ext.removeprefix(".")
            return MediaRef(sha256=await asyncio.to_thread(self.media.put_bytes, data, ext))
        await acheck_video(path)
        ext = sniff(await asyncio.to_thread(head_of, path)).ext.removeprefix(".")
        # a clip may be hundreds of megabytes: from file to file, never through memory
        return MediaRef(sha256=await asyncio.to_thread(self.media.put_copy, path, ext))


def head_of(path: Path) -> bytes:
    """The first bytes of a file, which tell what it is."""
    with path.open("rb") as file:
        return file.read(4096)


def png_of(thing: Any, kind: str) -> bytes:
    """A PIL image or numpy array as PNG.

    Raises:
        BadMedia: It is neither.
    """
    from PIL import Image

    try:
        picture = thing if isinstance(thing, Image.Image) else Image.fromarray(thing)
    except (AttributeError, TypeError, ValueError) as error:
        raise BadMedia(
            f"A {type(thing).__name__} is not a picture",
            why=str(error),
            fix="Give a path, bytes, a URL, a PIL image, or a (height, width, 3) array of type uint8",
            param=kind,
        ) from error
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
