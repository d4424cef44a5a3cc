"""The media: small real files, one flat colour each, behind signed links that expire.

The colour follows from the task's id, and video and PNG files carry the id in their metadata, so a
test can tell whose file it holds. A file is made when it is first asked for. What a link gives access
to, and until when, stands in the link itself, under an HMAC: there is no list of links.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import io
import json
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sora_kit.standins.sora_web.work import Task

__all__ = ("FPS", "Files", "colour")

FPS = 6
"""Of the videos. Their length is what was asked for; their frames are few, so that they are made at once."""


class Files:
    """Makes files and signs their links.

    Args:
        secret: For the signatures.
        seconds: How long a link lives, by the stand-in's clock.
    """

    def __init__(self, secret: bytes, seconds: float) -> None:
        self.base = ""
        """Where the stand-in is reached, without a slash at the end."""

        self.seconds = seconds
        self._secret = secret
        self._made: dict[str, tuple[bytes, str]] = {}

    def link(self, task: Task, variant: str, now: float) -> str:
        """A signed link to a task's file.

        Args:
            task: A video or picture.
            variant: ``source``, ``md`` or ``thumbnail``. Each is a file of its own.
            now: The time from which the link lives.
        """
        ext = ".webp" if variant == "thumbnail" else ".mp4" if task.kind == "video" else ".png"
        return self._signed([task.id, variant, task.width, task.height, task.seconds], ext, now)

    def profile(self, cameo: str, now: float) -> str:
        """A signed link to the suggested profile picture of a character."""
        return self._signed([cameo, "profile", 96, 96, 0], ".webp", now)

    async def read(self, file: str, expires: str, signature: str, now: float) -> tuple[bytes, str] | None:
        """Bytes and MIME type behind a link; None if it has expired or was never signed."""
        if not hmac.compare_digest(signature.encode(), self._sign(file, expires).encode()):
            return None
        if now >= int(expires):
            return None
        if file not in self._made:  # two who ask at once both make it; it is the same
            self._made[file] = await asyncio.to_thread(_make, file)
        return self._made[file]

    def _signed(self, what: list[Any], ext: str, now: float) -> str:
        packed = base64.urlsafe_b64encode(json.dumps(what).encode()).rstrip(b"=").decode()
        file, expires = packed + ext, str(int(now + self.seconds))
        return f"{self.base}/az/files/{file}?{urlencode({'se': expires, 'sig': self._sign(file, expires)})}"

    def _sign(self, file: str, expires: str) -> str:
        return hmac.new(self._secret, f"{file}?{expires}".encode(), hashlib.sha256).hexdigest()


def colour(name: str) -> tuple[int, int, int]:
    """The RGB colour of a task's files."""
    red, green, blue = hashlib.sha256(name.encode()).digest()[:3]
    return red, green, blue


def _make(file: str) -> tuple[bytes, str]:
    """The bytes of a file, from its name."""
    import numpy as np

    packed, _, ext = file.rpartition(".")
    name, variant, width, height, seconds = json.loads(
        base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
    )
    flat = np.full((height, width, 3), colour(name), np.uint8)
    if ext == "webp":
        from PIL import Image

        buffer = io.BytesIO()
        Image.fromarray(flat).save(buffer, "WEBP", quality=80)
        return buffer.getvalue(), "image/webp"
    from sora_kit.media.encode import VideoWriter, encode_image

    with tempfile.TemporaryDirectory(prefix="sora-web-") as folder:
        path = Path(folder) / f"file.{ext}"
        if ext == "png":
            encode_image(flat, path, {"title": name, "comment": variant})
            return path.read_bytes(), "image/png"
        with VideoWriter(path, width, height, FPS, title=name, comment=variant) as video:
            for _ in range(max(1, round(seconds * FPS))):
                video.put_rgba(flat)
        return path.read_bytes(), "video/mp4"
