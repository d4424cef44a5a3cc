"""Pictures on their way out and in: another file format, and several pictures on one sheet.

A converted picture says the same about itself as the file it comes from: what a PNG holds as text goes
into the EXIF of a JPEG or WebP, so an animatic stays labelled. Nothing that was converted is stored; the
address of such a picture (``/media/TOKEN.webp``, ``/media/TOKEN.80.jpeg``) names how it is made, and the
last few are kept in memory.

Backends take one picture to start from. Several are laid on one white sheet, in order, from left to right
and top to bottom, each whole and as large as the others.
"""

from __future__ import annotations

import base64
import io
import math
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from sora_kit.server.addresses import media_url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image

    from sora_kit.server.image_wish import Form
    from sora_kit.store import Clip

__all__ = ("MIMES", "address", "encoded", "form_of", "in_base64", "named", "sheet", "size_of")

QUALITY = 95
"""Of an encoder, where nobody chose another."""

CELL = 768
"""Longest side of a picture on a sheet, in pixels."""

GAP = 16
MIMES = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}
ORIENTATION, DESCRIPTION, SOFTWARE = 0x0112, 0x010E, 0x0131  # tags of EXIF


def form_of(clip: Clip) -> str:
    """A picture's own format, as OpenAI names it."""
    return {"jpg": "jpeg"}.get(clip.ext, clip.ext)


def converts(clip: Clip, form: Form) -> bool:
    """Whether the file is not given as it is."""
    if not form.output:
        return False
    return form.output != form_of(clip) or (form.compression is not None and form.output != "png")


def address(clip: Clip, base: str, form: Form) -> str:
    """Where the picture is in the form that was asked for."""
    if not converts(clip, form):
        return media_url(base, clip)
    quality = "" if form.compression is None or form.output == "png" else f".{form.compression}"
    return f"{base}/media/{clip.token}{quality}.{form.output}"


def named(name: str) -> tuple[str, int | None, str] | None:
    """Token, quality and format of the name of a converted picture; None for another name."""
    token, _, output = name.rpartition(".")
    token, _, quality = token.partition(".")
    if not token or output not in MIMES or (quality and not (quality.isdecimal() and len(quality) < 4)):
        return None
    return token, min(100, int(quality)) if quality else None, output


def in_base64(clip: Clip, form: Form) -> str:
    """The picture's file as text. Blocks for some milliseconds."""
    data = encoded(clip.file, form.output, form.compression) if converts(clip, form) else clip.read()
    return base64.b64encode(data).decode()


@lru_cache(maxsize=32)
def encoded(path: Path, output: str, compression: int | None = None) -> bytes:
    """A picture's file in another format.

    Args:
        path: A picture of the workspace; its content never changes.
        output: ``png``, ``jpeg`` or ``webp``.
        compression: Quality from 0 to 100; PNG has none.

    Raises:
        BadMedia: It cannot be read.
    """
    from PIL import Image

    from sora_kit.media.picture import opened_picture

    with opened_picture(path) as picture:
        said = {str(name).lower(): str(text) for name, text in picture.info.items() if isinstance(text, str)}
        picture.load()
        if output == "jpeg" and picture.mode != "RGB":
            opaque = Image.new("RGBA", picture.size, "white")
            opaque.alpha_composite(picture.convert("RGBA"))
            picture = opaque.convert("RGB")  # noqa: PLW2901 - the file is closed by its own name
        return _written(picture, output, QUALITY if compression is None else compression, said)


def _written(picture: Image, output: str, quality: int, said: dict[str, str]) -> bytes:
    from PIL.PngImagePlugin import PngInfo

    out = io.BytesIO()
    if output == "png":
        texts = PngInfo()
        for name in ("title", "comment", "software"):
            if name in said:
                texts.add_itxt(name.capitalize(), said[name])
        picture.save(out, "PNG", pnginfo=texts)
        return out.getvalue()
    exif = picture.getexif()
    exif.pop(ORIENTATION, None)
    words = ". ".join(said[name].rstrip(".") for name in ("title", "comment") if said.get(name))
    if words:
        exif[DESCRIPTION] = words.encode("utf-8")[:8000]
    exif[SOFTWARE] = said.get("software") or "sora_kit"
    picture.save(out, output.upper(), quality=quality, exif=exif)
    return out.getvalue()


def size_of(path: Path) -> tuple[int, int]:
    """Width and height of a checked picture as it is shown, in pixels."""
    from sora_kit.media.picture import opened_picture

    with opened_picture(path) as picture:
        width, height = picture.size
        turned = picture.getexif().get(ORIENTATION, 1) in (5, 6, 7, 8)
    return (height, width) if turned else (width, height)


def sheet(paths: Sequence[Path]) -> bytes:
    """Several pictures on one, as PNG. Blocks while it decodes them.

    Args:
        paths: Checked pictures, two or more.
    """
    from PIL import Image

    from sora_kit.media.picture import opened_picture, pixels, upright_picture

    columns = math.ceil(math.sqrt(len(paths)))
    rows = math.ceil(len(paths) / columns)
    step = CELL + GAP
    ground = Image.new("RGB", (columns * step + GAP, rows * step + GAP), "white")
    for index, path in enumerate(paths):
        with opened_picture(path) as opened:
            picture = Image.fromarray(pixels(upright_picture(opened)))
        scale = CELL / max(picture.size)
        small = picture.resize((max(1, round(picture.width * scale)), max(1, round(picture.height * scale))))
        left = GAP + index % columns * step + (CELL - small.width) // 2
        top = GAP + index // columns * step + (CELL - small.height) // 2
        ground.paste(small, (left, top))
    out = io.BytesIO()
    ground.save(out, "PNG", compress_level=3)
    return out.getvalue()
