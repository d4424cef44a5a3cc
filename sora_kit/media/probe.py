"""What is in a media file: size, length, codecs, metadata.

Pictures are only opened, not decoded. Of a video the first frame is decoded as well, because only it
tells how a phone was held (the stored size of a portrait clip is landscape plus a turn) and because
a file without a decodable frame is not a video.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sora_kit.errors import BadMedia
from sora_kit.media.container import (
    STORED,
    Limits,
    codec_name,
    decoded,
    format_of,
    length,
    opened,
    over,
    turn,
)
from sora_kit.media.sniff import Format

if TYPE_CHECKING:
    from av.container import InputContainer

__all__ = ("Probe", "probe", "probe_opened")

_METADATA_CHARS = 4000  # of one value; a stranger's file may hold megabytes


@dataclass(frozen=True, slots=True)
class Probe:
    """What `probe` found."""

    kind: Literal["image", "video"]
    width: int
    height: int
    """As shown, in pixels: after the turn that a phone's clip asks for."""

    seconds: float
    """Length of the picture track; 0 for images."""

    fps: float
    """Mean frames per second; 0 for images."""

    frames: int
    """Counted by the file where it counts them, else length × rate; 1 for images."""

    codec: str
    """``"h264"``, ``"vp9"``, ``"png"`` …"""

    audio: str | None
    """Codec of the first sound track, or None."""

    mime: str
    bytes: int
    """Size of the file."""

    metadata: dict[str, str] = field(default_factory=dict)
    """Text kept in the file: ``title``, ``comment`` …"""


def probe(path: str | os.PathLike[str], limits: Limits = STORED) -> Probe:
    """Look into a picture or video file.

    Args:
        path: The file.
        limits: What a video may be; see `sora_kit.media.container.UPLOADS` for those of strangers.

    Returns:
        What was found.

    Raises:
        BadMedia: When the file is none that sora_kit reads, is damaged, or is over a limit.
        OSError: When it can't be read at all.
    """
    form = format_of(path)
    size = Path(path).stat().st_size
    return _image(path, form, size, limits) if form.kind == "image" else _video(path, form, size, limits)


def _video(path: str | os.PathLike[str], form: Format, size: int, limits: Limits) -> Probe:
    with opened(path, limits) as container:
        return probe_opened(container, form, size, limits)


def probe_opened(container: InputContainer, form: Format, size: int, limits: Limits = STORED) -> Probe:
    """As `probe`, of a video that is open.

    Args:
        container: From `sora_kit.media.container.opened`, nothing read of it yet.
        form: Its format.
        size: Of the file in bytes.
        limits: What it may be.

    Raises:
        BadMedia: As `probe`; what libav says is named by `opened`.
    """
    stream = container.streams.video[0]
    first = next(decoded(container, limits), None)
    if first is None:
        raise BadMedia("The video holds no decodable frame", fix="Export or download it again")
    width, height = (first.height, first.width) if turn(first) % 2 else (first.width, first.height)
    seconds = length(container)
    fps = float(stream.average_rate or stream.guessed_rate or 0)
    sound = container.streams.audio[0] if container.streams.audio else None
    return Probe(
        kind="video",
        width=width,
        height=height,
        seconds=seconds,
        fps=fps,
        frames=stream.frames or round(seconds * fps),
        codec=codec_name(stream),
        audio=codec_name(sound) if sound else None,
        mime=form.mime,
        bytes=size,
        metadata={key: value[:_METADATA_CHARS] for key, value in container.metadata.items()},
    )


def _image(path: str | os.PathLike[str], form: Format, size: int, limits: Limits) -> Probe:
    from sora_kit.media.picture import opened_picture

    if size > limits.max_bytes:
        over(f"The picture is {size / 2**20:.0f} MB", f"{limits.max_bytes / 2**20:.0f} MB")
    with opened_picture(path, form) as picture:
        picture.load()  # text chunks may stand behind the pixels
        width, height = picture.size
        if picture.getexif().get(0x0112, 1) >= 5:  # EXIF orientations 5 to 8 lie on their side
            width, height = height, width
        texts = getattr(picture, "text", {})
        return Probe(
            kind="image",
            width=width,
            height=height,
            seconds=0.0,
            fps=0.0,
            frames=1,
            codec=form.container.lower(),
            audio=None,
            mime=form.mime,
            bytes=size,
            metadata={str(key): str(value)[:_METADATA_CHARS] for key, value in texts.items()},
        )
