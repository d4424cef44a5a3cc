"""The one place where libav opens a file to read it.

libav guesses formats by content, and some formats are lists of other files: handed a playlist by
name it opens whatever the playlist says, ``/etc/passwd`` included. Here it never gets a name or a
guess. The demuxer is forced to the one that the magic bytes tell (`sora_kit.media.sniff`), libav
reads from a file object that Python opened, every protocol is off, and a request to open anything
else raises. On top of that stand limits: bytes, streams, codecs, picture size (looked at again for
each decoded frame, as a stream may grow on the way), length and number of frames.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import av
import av.error
import numpy as np
import numpy.typing as npt

from sora_kit.errors import BadMedia
from sora_kit.media.sniff import HEAD, Format, sniff

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.codec.context import CodecContext
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

__all__ = (
    "STORED",
    "UPLOADS",
    "Limits",
    "codec_name",
    "decoded",
    "format_of",
    "length",
    "moment",
    "opened",
    "turn",
    "upright",
)

_OPTIONS = {"protocol_whitelist": "", "enable_drefs": "0", "use_absolute_path": "0"}
_VIDEO_CODECS = frozenset({"h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "mjpeg", "prores"})
_TIMEOUT = 5.0  # seconds that libav may wait for one read


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may be."""

    max_bytes: int
    max_seconds: float
    max_pixels: int = 4096 * 2304
    """Width times height, whichever way round."""

    max_streams: int = 8
    max_fps: float = 120.0
    """Caps the number of frames decoded, together with ``max_seconds``."""

    @property
    def max_frames(self) -> int:
        """Frames that will be decoded before the file is refused."""
        return int(self.max_seconds * self.max_fps)


UPLOADS = Limits(max_bytes=200 * 2**20, max_seconds=180.0)
"""For files of strangers."""

STORED = Limits(max_bytes=4 * 2**30, max_seconds=3600.0)
"""For files that lie in a workspace: made here, or checked when they came."""


def format_of(path: str | os.PathLike[str]) -> Format:
    """Sniff the format of a file on disk.

    Args:
        path: The file.

    Raises:
        BadMedia: When it is none that sora_kit reads.
        OSError: When it can't be read at all.
    """
    with Path(path).open("rb") as file:
        return sniff(file.read(HEAD))


@contextlib.contextmanager
def opened(path: str | os.PathLike[str], limits: Limits = STORED) -> Iterator[InputContainer]:
    """Open a video file for reading, checked against ``limits``.

    Errors of libav inside the ``with`` block become `BadMedia` too.

    Args:
        path: The file.
        limits: What it may be.

    Yields:
        The open container; its first video stream is ``container.streams.video[0]``.

    Raises:
        BadMedia: When it is no video, is damaged, or is over a limit.
        OSError: When the file can't be read at all.
    """
    with Path(path).open("rb") as file, damaged_named():
        size = os.fstat(file.fileno()).st_size
        if size > limits.max_bytes:
            over(f"The video is {size / 2**20:.0f} MB", f"{limits.max_bytes / 2**20:.0f} MB")
        form = sniff(file.read(HEAD))
        if form.kind != "video":
            raise BadMedia(
                "That file is a picture, not a video", fix="Use an MP4, MOV, WebM, MKV or AVI file"
            )
        file.seek(0)
        container = av.open(
            file,
            "r",
            format=form.container,
            container_options=_OPTIONS,
            metadata_errors="replace",
            timeout=(_TIMEOUT, _TIMEOUT),
            io_open=_open_nothing,
        )
        with container:
            _within(container, limits)
            yield container


class _ReachesOut(Exception):
    """A media file asked for another file."""


def _open_nothing(_url: str, _flags: int, _options: object) -> NoReturn:
    raise _ReachesOut("it refers to another file")


def _within(container: InputContainer, limits: Limits) -> None:
    if len(container.streams) > limits.max_streams:
        over(f"The video has {len(container.streams)} streams", f"{limits.max_streams}")
    if not container.streams.video:
        raise BadMedia("The file holds no moving picture", fix="Use a file with a video stream")
    stream = container.streams.video[0]
    codec = codec_name(stream)
    if codec not in _VIDEO_CODECS:
        raise BadMedia(
            f"The video is coded as {codec}, which sora_kit does not read",
            fix="Convert it to H.264, H.265, VP9 or AV1",
        )
    _size_within(stream.codec_context.width, stream.codec_context.height, limits)
    seconds = length(container)
    if seconds > limits.max_seconds:
        over(f"The video is {seconds:.0f} seconds long", f"{limits.max_seconds:.0f} seconds")
    # One thread: memory stays small, and damage stays marked on the frames that have it.
    stream.thread_type = "NONE"


def codec_name(stream: VideoStream | AudioStream) -> str:
    """``"h264"``, ``"aac"`` …; ``"unknown"`` where libav has no decoder (its stub says otherwise)."""
    context: CodecContext | None = stream.codec_context
    return "unknown" if context is None else context.codec.canonical_name


def length(container: InputContainer) -> float:
    """Length of the first video stream in seconds; that of the file where the stream does not say."""
    stream = container.streams.video[0]
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / 1_000_000


def decoded(
    container: InputContainer, limits: Limits = STORED, *, from_seconds: float = 0.0
) -> Iterator[VideoFrame]:
    """Decode the first video stream, frame by frame, in display order.

    Args:
        container: From `opened`.
        limits: Picture size and number of frames are looked at for every frame.
        from_seconds: Start at the last keyframe at or before this time.

    Yields:
        The frames, not turned (see `upright`).

    Raises:
        BadMedia: When a frame is over the limits. Damage raises libav's own error, which `opened`
            names.
    """
    stream: VideoStream = container.streams.video[0]
    if from_seconds > 0 and stream.time_base:
        start = stream.start_time or 0
        container.seek(start + int(from_seconds / stream.time_base), stream=stream, backward=True)
    for count, frame in enumerate(container.decode(stream)):
        if count >= limits.max_frames:
            over("The video has too many frames", f"{limits.max_frames}")
        _size_within(frame.width, frame.height, limits)
        yield frame


def moment(frame: VideoFrame, stream: VideoStream) -> float:
    """When a frame comes on screen, in seconds from the start of its stream."""
    if frame.pts is None or not frame.time_base:
        return 0.0
    start = (stream.start_time or 0) * (stream.time_base or 0)
    return float(frame.pts * frame.time_base - start)


def turn(frame: VideoFrame) -> int:
    """Quarter turns, counter-clockwise, that put a frame upright (phones store portrait lying)."""
    return round(frame.rotation / 90) % 4


def upright(frame: VideoFrame) -> npt.NDArray[np.uint8]:
    """The frame's pixels as shown: (height, width, 3) uint8 RGB, turned upright."""
    rgb = frame.to_ndarray(format="rgb24")
    return np.ascontiguousarray(np.rot90(rgb, turn(frame)))


def _size_within(width: int, height: int, limits: Limits) -> None:
    if width < 2 or height < 2:
        raise BadMedia(f"The video has no usable picture size ({width}×{height})", fix="Export it again")
    if width * height > limits.max_pixels:
        over(f"The video is {width}×{height} pixels", "4096×2304")


def over(what: str, limit: str) -> NoReturn:
    """Raise the `BadMedia` of something that is over a limit."""
    raise BadMedia(what, why=f"The limit is {limit}", fix="Make it smaller or shorter, and try again")


@contextlib.contextmanager
def damaged_named() -> Iterator[None]:
    """Turn what libav says about a damaged file into `BadMedia`."""
    try:
        yield
    except (av.error.FFmpegError, _ReachesOut) as error:
        raise BadMedia(
            "The video is damaged or incomplete",
            why=f"The decoder stopped: {getattr(error, 'strerror', None) or error}",
            fix="Export or download it again",
        ) from error
