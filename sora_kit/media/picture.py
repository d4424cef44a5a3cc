"""The one place where Pillow opens a file.

Pillow reads dozens of formats, some of them by starting other programs. Here it is held to the one
that the magic bytes tell, the size is looked at before a pixel is decoded (a PNG of a few kilobytes
can unpack to gigabytes), and what it says about damage becomes `BadMedia`.
"""

from __future__ import annotations

import contextlib
import os
import struct
import warnings
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms, ImageOps

from sora_kit.errors import BadMedia
from sora_kit.media.sniff import Format, sniff

__all__ = ("MAX_PIXELS", "MAX_SIDE", "opened_picture", "pixels", "upright_picture")

MAX_PIXELS = 64_000_000
"""Width times height of a picture; a phone's largest ordinary mode."""

MAX_SIDE = 16_384
"""Pixels along one side."""


@contextlib.contextmanager
def opened_picture(
    source: str | os.PathLike[str] | bytes, form: Format | None = None
) -> Iterator[Image.Image]:
    """Open a picture without decoding it yet.

    Args:
        source: The file, or its bytes.
        form: Its format, if already sniffed.

    Yields:
        The Pillow image, held to that format, within `MAX_PIXELS` and `MAX_SIDE`. What goes wrong
        inside the ``with`` block becomes `BadMedia` too.

    Raises:
        BadMedia: When it is no picture, is damaged, or is too large.
        OSError: When the file can't be read at all.
    """
    data = source if isinstance(source, bytes) else Path(source).read_bytes()
    form = form or sniff(data)
    if form.kind != "image":
        raise BadMedia("That file is a video, not a picture", fix="Use a PNG, JPEG, WebP or GIF picture")
    try:
        with warnings.catch_warnings():
            # Pillow's own limit is ours below; its other warnings are about odd metadata.
            warnings.simplefilter("ignore")
            with Image.open(BytesIO(data), formats=(form.container,)) as picture:
                _size_within(*picture.size)
                yield picture
    except Image.DecompressionBombError:
        raise _too_large("more") from None
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error) as error:
        raise BadMedia(
            "The picture is damaged or incomplete",
            why=f"The decoder stopped: {error}",
            fix="Export or download it again",
        ) from error


def upright_picture(picture: Image.Image) -> Image.Image:
    """The first frame, turned as its EXIF says, as 8-bit RGB or (when it has transparency) RGBA."""
    picture.load()
    turned = ImageOps.exif_transpose(picture)
    if turned.mode in ("RGB", "RGBA"):
        return _in_srgb(turned)
    if turned.mode == "I;16":  # convert() would cut 16 bits off at 255 instead of scaling
        grey = (np.asarray(turned) >> 8).astype(np.uint8)
        return Image.fromarray(grey).convert("RGB")
    return turned.convert("RGBA" if turned.has_transparency_data else "RGB")


def _in_srgb(picture: Image.Image) -> Image.Image:
    """Phones store wide-gamut colours with a profile; without it they would look washed out."""
    profile = picture.info.get("icc_profile")
    if not profile:
        return picture
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        made = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"))
    except (ImageCms.PyCMSError, OSError):  # a profile that is broken, or for other channels, counts as none
        return picture
    return picture if made is None else made


def pixels(picture: Image.Image) -> npt.NDArray[np.uint8]:
    """(height, width, 3) uint8 RGB of an upright picture; transparency is laid on white."""
    if picture.mode == "RGBA":
        ground = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(ground, picture).convert("RGB")
    return np.asarray(picture)


def _size_within(width: int, height: int) -> None:
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise _too_large(f"{width}×{height}")


def _too_large(size: str) -> BadMedia:
    return BadMedia(
        f"The picture is too large ({size} pixels)",
        why=f"The limit is {MAX_PIXELS // 1_000_000} million pixels and {MAX_SIDE} along one side",
        fix="Scale it down; 2048 pixels along the longer side are plenty",
    )
