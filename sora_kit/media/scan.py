"""Read a video from its first byte to its last, to find damage before somebody relies on it.

All packets are read, so a file that was cut off is found whatever its length. Decoding costs more:
it is done for every frame while that is little work, and for the keyframes of long clips, which is
where a stream could change its picture size.
"""

from __future__ import annotations

import dataclasses
import os
from typing import NoReturn

from sora_kit.errors import BadMedia
from sora_kit.media.container import Limits, decoded, opened, over
from sora_kit.media.probe import Probe

__all__ = ("scan",)

_WHOLE = 600 * 1280 * 720  # pixels decoded at most: 25 s of 720p, about two seconds of work
_LOST = 0.5  # seconds that may lack at the end where a container only estimates its length


def scan(path: str | os.PathLike[str], found: Probe, limits: Limits) -> Probe:
    """Read all of a video.

    Args:
        path: The file.
        found: What `sora_kit.media.probe.probe` says about it.
        limits: Looked at for every frame.

    Returns:
        ``found``, with length and number of frames where the file itself did not tell them (as
        recordings made in a browser).

    Raises:
        BadMedia: When it is damaged, cut off, or over the limits.
    """
    packets, end = _read(path, limits)
    exact = found.mime in {"video/mp4", "video/quicktime"} and found.fps > 0
    if found.seconds and end < found.seconds - (1.5 / found.fps if exact else _LOST):
        _cut_off(f"It ends after {end:.1f} of {found.seconds:.1f} seconds")
    if end > limits.max_seconds:
        over(f"The video is {end:.0f} seconds long", f"{limits.max_seconds:.0f} seconds")
    whole = packets * found.width * found.height <= _WHOLE
    with opened(path, limits) as container:
        if not whole:
            container.streams.video[0].codec_context.skip_frame = "NONKEY"
        shown = clean = 0
        for frame in decoded(container, limits):
            shown += 1
            # A camera may start between keyframes; only then may pictures lack something.
            if frame.is_corrupt and (clean or frame.key_frame):
                _cut_off(f"Its picture number {shown} has holes")
            clean += not frame.is_corrupt
    if not clean:
        _cut_off("None of its pictures is whole")
    if whole and shown < packets * 0.9:
        _cut_off(f"Only {shown} of {packets} pictures can be decoded")
    if found.seconds:
        return found
    return dataclasses.replace(found, seconds=end, frames=packets, fps=found.fps or packets / max(end, 1e-3))


def _read(path: str | os.PathLike[str], limits: Limits) -> tuple[int, float]:
    """Number of packets of the picture, and the end of the last one in seconds."""
    packets, end = 0, 0.0
    with opened(path, limits) as container:
        stream = container.streams.video[0]
        start = stream.start_time or 0
        for packet in container.demux(stream):
            if not packet.size:  # the empty packet that ends a stream
                continue
            if packet.is_corrupt:
                _cut_off("A part of it is missing")
            packets += 1
            if packets > limits.max_frames:
                over("The video has too many frames", f"{limits.max_frames}")
            if packet.pts is not None:
                end = max(end, float((packet.pts - start + (packet.duration or 0)) * packet.time_base))
    return packets, end


def _cut_off(why: str) -> NoReturn:
    raise BadMedia("The video is damaged or incomplete", why=why, fix="Export or download it again")
