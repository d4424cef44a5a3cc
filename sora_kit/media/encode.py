"""From pixels and sound to files that every browser plays.

Video is H.264 in MP4, ``yuv420p``, one pass, in this process (PyAV). Two things make it quick: the
conversion to planar YUV is OpenCV's (a fifth of the time of libav's), and one encoder thread is
enough, which also keeps the bytes the same from run to run. OpenCV converts with BT.601 and limited
range, so the stream is tagged so; untagged, players would guess BT.709 and shift the colours.

The compressed pictures wait in memory until `VideoWriter.close`, because only then it is known
whether there is sound; pictures and sound are then written side by side, in order of time, with the
index in front (``faststart``). Nothing touches the disk before, and the file appears whole or not at
all.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self, cast

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from sora_kit.errors import InvalidInput
from sora_kit.media.atomic import fresh_file, landing, temporary_name
from sora_kit.media.sound import SAMPLE_RATE, aac, fitted, interleave

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.stream import VideoStream

    from sora_kit.media.sound import AnyPacket

__all__ = ("SAMPLE_RATE", "Codec", "VideoWriter", "encode_image")

Codec = Literal["h264", "vp9", "av1"]
"""``vp9`` and ``av1`` are there for those who can't ship libx264 (GPL)."""

Pixels = npt.NDArray[np.uint8]


class VideoWriter:
    """Write one MP4 file.

    Use it in a ``with`` statement: leaving it normally closes the file without sound unless
    `close` was called; leaving it by an exception leaves nothing behind.

    Args:
        path: Where the finished file shall be; an existing one is replaced at the end.
        width: Of the picture in pixels, even.
        height: Of the picture in pixels, even.
        fps: Frames per second; 23.976 and the like become their exact fraction.
        crf: Quality on the codec's own scale, lower is better (x264: 0-51).
        preset: x264's trade of time against size; the other codecs have their own fixed one.
        threads: Of the encoder. One keeps the output reproducible.
        title: Kept in the file's metadata.
        comment: Kept in the file's metadata.
        codec: What to encode with.

    Raises:
        InvalidInput: When the size is odd or the frame rate makes no sense.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        width: int,
        height: int,
        fps: float | Fraction,
        *,
        crf: int = 21,
        preset: str = "superfast",
        threads: int = 1,
        title: str = "",
        comment: str = "",
        codec: Codec = "h264",
    ) -> None:
        if width < 2 or height < 2 or width % 2 or height % 2:
            raise InvalidInput(
                f"A video can't be {width}×{height} pixels",
                why="Video stores colour for every second pixel, so both sides must be even",
                fix=f"Use {max(2, width // 2 * 2)}×{max(2, height // 2 * 2)}",
                param="size",
            )
        if not 0 < fps <= 240:
            raise InvalidInput(f"A video can't have {fps} frames per second", fix="Use 1 to 240", param="fps")
        self.path = Path(path)
        self.width = width
        self.height = height
        self.fps = _exact_rate(fps)
        self.frames = 0
        """Frames put so far."""
        self._closed = False
        self._part = temporary_name(self.path)
        # libav makes the file with the first packet muxed, which is in `close`.
        self._container = av.open(
            str(self._part), "w", format="mp4", container_options={"movflags": "+faststart"}
        )
        self._container.metadata.update({k: v for k, v in (("title", title), ("comment", comment)) if v})
        self._stream = self._add_video(codec, crf, preset, threads)
        self._packets: list[Packet[VideoStream]] = []

    @property
    def seconds(self) -> float:
        """Length of what was put so far, in seconds."""
        return float(self.frames / self.fps)

    def put_rgba(self, frame: Pixels) -> None:
        """Append a frame of (height, width, 4 or 3) uint8, RGBA or RGB; alpha is ignored."""
        if frame.shape not in ((self.height, self.width, 4), (self.height, self.width, 3)):
            raise ValueError(f"frame of shape {frame.shape} in a {self.width}×{self.height} video")
        code = cv2.COLOR_RGBA2YUV_I420 if frame.shape[2] == 4 else cv2.COLOR_RGB2YUV_I420
        planes = cv2.cvtColor(np.ascontiguousarray(frame), code)
        self.put_i420(cast("Pixels", planes))

    def put_i420(self, planes: Pixels) -> None:
        """Append a frame of (height × 3/2, width) uint8: planar YUV 4:2:0 as OpenCV makes it."""
        if planes.shape != (self.height * 3 // 2, self.width):
            raise ValueError(f"I420 planes of shape {planes.shape} in a {self.width}×{self.height} video")
        if self._closed:
            raise ValueError("the video is closed")
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.colorspace = Colorspace.ITU601
        frame.color_range = ColorRange.MPEG
        frame.pts = self.frames
        frame.time_base = 1 / self.fps
        self._packets += self._stream.encode(frame)
        self.frames += 1

    def close(self, audio: npt.NDArray[np.float32] | None = None) -> None:
        """Finish the file and put it in its place.

        Args:
            audio: Stereo sound, (samples, 2) float32 in -1…1 at `SAMPLE_RATE`. It is cut, or
                filled with silence, to the length of the picture. None: no audio track.

        Raises:
            WorkspaceFull: When the disk is full.
            ValueError: When no frame was put, or the sound has another shape.
        """
        if self._closed:
            raise ValueError("the video is closed")
        if not self.frames:
            raise ValueError("a video needs at least one frame")
        if audio is not None and (audio.ndim != 2 or audio.shape[1] != 2):
            raise ValueError(f"sound of shape {audio.shape}; (samples, 2) is wanted")
        self._closed = True
        self._packets += self._stream.encode()
        with landing(self._part, self.path):
            tracks: list[Iterable[AnyPacket]] = [self._packets]
            if audio is not None:
                samples = round(self.frames / self.fps * SAMPLE_RATE)
                tracks.append(aac(self._container, fitted(audio, samples)))
            interleave(self._container, *tracks)
        self._packets.clear()

    def abort(self) -> None:
        """Give up: nothing is written. Harmless after `close`."""
        self._closed = True
        self._packets.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.abort()
        elif not self._closed:
            self.close()

    def _add_video(self, codec: Codec, crf: int, preset: str, threads: int) -> VideoStream:
        name, options = _ENCODERS[codec]
        options = {**options, "crf": str(crf)} | ({"preset": preset} if codec == "h264" else {})
        stream = cast("VideoStream", self._container.add_stream(name, rate=self.fps, options=options))
        stream.width, stream.height, stream.pix_fmt = self.width, self.height, "yuv420p"
        context = stream.codec_context
        context.time_base = 1 / self.fps
        context.gop_size = max(1, round(self.fps * 2))  # a keyframe every two seconds, for seeking
        context.thread_count = threads
        context.colorspace = Colorspace.ITU601
        context.color_range = ColorRange.MPEG
        context.color_primaries = ColorPrimaries.BT709
        context.color_trc = ColorTrc.BT709
        return stream


_ENCODERS: dict[Codec, tuple[str, dict[str, str]]] = {
    "h264": ("libx264", {}),
    "vp9": ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "8", "b:v": "0"}),
    "av1": ("libsvtav1", {"preset": "10"}),
}


def _exact_rate(fps: float | Fraction) -> Fraction:
    """23.976 means 24000/1001: the nearest fraction with a broadcast denominator."""
    if isinstance(fps, Fraction):
        return fps
    broadcast = Fraction(round(fps * 1.001) * 1000, 1001)
    exact = Fraction(fps).limit_denominator(1000)
    return broadcast if abs(float(broadcast) - fps) < 0.001 and exact.denominator > 1 else exact


def encode_image(
    rgb: Pixels, path: str | os.PathLike[str], metadata: Mapping[str, str] | None = None
) -> None:
    """Write a picture as PNG.

    Args:
        rgb: (height, width, 3) or (height, width, 4) uint8.
        path: Where the finished file shall be.
        metadata: Kept as PNG text chunks.

    Raises:
        WorkspaceFull: When the disk is full.
        ValueError: When the array has another shape.
    """
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    if rgb.ndim != 3 or rgb.shape[2] not in (3, 4):
        raise ValueError(f"picture of shape {rgb.shape}; (height, width, 3 or 4) is wanted")
    chunks = PngInfo()
    for key, value in (metadata or {}).items():
        chunks.add_text(key, value)  # becomes iTXt by itself where Latin-1 is too small
    with fresh_file(path) as part:
        Image.fromarray(rgb).save(part, "PNG", pnginfo=chunks, compress_level=4)
