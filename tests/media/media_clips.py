"""Colours, pictures and sound that the media tests make their files of."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import numpy as np
from PIL import Image

from sora_kit.media.sound import SAMPLE_RATE

COLOURS = [(200, 40, 40), (40, 180, 60), (50, 80, 200), (220, 200, 40), (150, 60, 170), (60, 190, 190)]


def flat(width: int, height: int, colour: tuple[int, int, int]) -> np.ndarray:
    return np.full((height, width, 3), colour, np.uint8)


def tone(seconds: float, hertz: float = 440.0, level: float = 0.4) -> np.ndarray:
    t = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return np.stack([np.sin(2 * np.pi * hertz * t) * level] * 2, axis=1).astype(np.float32)


def picture(
    form: str = "PNG", size: tuple[int, int] = (48, 32), mode: str = "RGB", **options: object
) -> bytes:
    out = BytesIO()
    Image.new(mode, size, COLOURS[0][: len(mode)] if mode in ("RGB", "RGBA") else 90).save(
        out, form, **options
    )
    return out.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that claims, and holds, gigabytes of black."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    squeezed = zlib.compressobj(9)
    row = bytes(width * 3 + 1)
    data = b"".join(squeezed.compress(row) for _ in range(64)) + squeezed.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
