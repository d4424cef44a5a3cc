"""What a file is, told by its first bytes and by nothing else.

Names and Content-Type headers are claims. The magic bytes decide which decoder a file will meet, so
the list of formats here is also the list of decoders that strangers can reach: four of pictures and
four of video. Playlists, SVG, PDF and the like have no place in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sora_kit.errors import BadMedia

__all__ = ("HEAD", "Format", "sniff")

HEAD = 4096
"""Bytes that `sniff` looks at; more are ignored, fewer are fine."""


@dataclass(frozen=True, slots=True)
class Format:
    """A recognised media format."""

    kind: Literal["image", "video"]
    """What it holds. An animated GIF counts as a picture: its first frame."""

    mime: str
    """As in ``Content-Type``."""

    ext: str
    """With the dot: ``".png"``."""

    container: str
    """The decoder that must be forced: a Pillow format for images, a libav demuxer for video."""


PNG = Format("image", "image/png", ".png", "PNG")
JPEG = Format("image", "image/jpeg", ".jpg", "JPEG")
WEBP = Format("image", "image/webp", ".webp", "WEBP")
GIF = Format("image", "image/gif", ".gif", "GIF")
MP4 = Format("video", "video/mp4", ".mp4", "mp4")
MOV = Format("video", "video/quicktime", ".mov", "mov")
WEBM = Format("video", "video/webm", ".webm", "matroska")
MKV = Format("video", "video/x-matroska", ".mkv", "matroska")
AVI = Format("video", "video/x-msvideo", ".avi", "avi")

_TAKEN = "PNG, JPEG, WebP or GIF for pictures, and MP4, MOV, WebM, MKV or AVI for video"

# Brands of ISO files that are neither of ours, though they begin alike.
_PICTURE_BRANDS = (b"heic", b"heix", b"heif", b"mif1", b"msf1", b"avif", b"avis")
_SOUND_BRANDS = (b"M4A ", b"M4B ", b"M4P ")

_FOREIGN = (
    (b"#EXTM3U", "a playlist, which only points to other files"),
    (b"ffconcat", "a playlist, which only points to other files"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BM", "a BMP picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"OggS", "an Ogg file"),
    (b"ID3", "an MP3 sound file"),
    (b"fLaC", "a FLAC sound file"),
    (b"\x00\x00\x01\xba", "an MPEG programme stream"),
    (b"G@", "an MPEG transport stream"),
)


def sniff(head: bytes) -> Format:
    """Name the format of a file.

    Args:
        head: Its first bytes; `HEAD` of them are plenty.

    Returns:
        The format.

    Raises:
        BadMedia: When it is none that sora_kit reads; the message says what it seems to be.
    """
    head = bytes(head[:HEAD])
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith((b"GIF87a", b"GIF89a")):
        return GIF
    if head.startswith(b"RIFF"):
        if head[8:12] == b"WEBP":
            return WEBP
        if head[8:12] == b"AVI ":
            return AVI
        raise _refused("a WAV sound file" if head[8:12] == b"WAVE" else "a RIFF file of another kind")
    if head[4:8] == b"ftyp":
        return _iso(head[8:12])
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return WEBM if b"webm" in head[:64] else MKV
    raise _refused(_guess(head))


def _iso(brand: bytes) -> Format:
    if brand in _PICTURE_BRANDS:
        raise _refused("a HEIC or AVIF picture")
    if brand in _SOUND_BRANDS:
        raise _refused("an M4A sound file")
    return MOV if brand == b"qt  " else MP4


def _guess(head: bytes) -> str:
    if not head:
        return "empty"
    for magic, name in _FOREIGN:
        if head.startswith(magic):
            return name
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<svg", b"<?xml")):
        return "an SVG or XML document"
    if start.startswith((b"<!doctype html", b"<html")):
        return "a web page"
    # A cut through a multi-byte letter at the very end is no sign of binary data.
    text = head.decode("utf-8", "ignore")
    if b"\x00" not in head and len(text.encode()) >= len(head) - 3:
        return "text"
    return "of a kind that sora_kit does not know"


def _refused(what: str) -> BadMedia:
    return BadMedia(
        f"That file is {what}, not a picture or a video that sora_kit reads",
        why="The kind of a file is told by its first bytes, not by its name",
        fix=f"Use {_TAKEN}",
    )
