"""Sound tracks: read any into one form, write that form as AAC.

Inside sora_kit all sound is stereo float32 at 48 kHz, shape (samples, 2), in -1…1. A sound track is
always as long as its picture, to the sample: cut where it is longer, silent where it is shorter.
"""

from __future__ import annotations

import contextlib
import heapq
import os
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import av.error
import numpy as np
import numpy.typing as npt

from sora_kit.media.container import codec_name, opened

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import OutputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

    SoundPacket = Packet[AudioStream]
    AnyPacket = Packet[VideoStream] | SoundPacket

__all__ = ("SAMPLE_RATE", "Sound", "aac", "fitted", "interleave", "read_sound")

SAMPLE_RATE = 48_000
"""Of all sound, in samples per second."""

Sound = npt.NDArray[np.float32]
"""(samples, 2) float32 at `SAMPLE_RATE`."""

_BITS = 128_000
_BLOCK = 1024  # samples in one AAC frame
_CODECS = ("aac", "mp3", "opus", "vorbis", "flac", "ac3", "eac3", "alac", "pcm_")


def fitted(sound: Sound | None, samples: int) -> Sound:
    """Cut ``sound``, or fill it with silence, to exactly ``samples``; None is all silence.

    Raises:
        ValueError: When it is not of shape (samples, 2).
    """
    whole = np.zeros((samples, 2), np.float32)
    if sound is not None:
        if sound.ndim != 2 or sound.shape[1] != 2:
            raise ValueError(f"sound of shape {sound.shape}; (samples, 2) is wanted")
        kept = min(samples, len(sound))
        np.clip(sound[:kept], -1.0, 1.0, out=whole[:kept])
    return whole


def read_sound(path: str | os.PathLike[str], samples: int) -> Sound | None:
    """Decode the first sound track of a video file.

    Args:
        path: The file.
        samples: How many are wanted; no more are decoded.

    Returns:
        At most ``samples`` of sound, or None when there is no track (or one in a rare codec).

    Raises:
        BadMedia: When the file is damaged.
    """
    with opened(path) as container:
        stream = next(iter(container.streams.audio), None)
        if stream is None or not codec_name(stream).startswith(_CODECS):
            return None
        resampler = av.AudioResampler(format="flt", layout="stereo", rate=SAMPLE_RATE)
        blocks: list[Sound] = []
        have = 0
        for frame in container.decode(stream):
            if not blocks and frame.time:  # a track that starts late, or (priming) a little early
                have = max(0, min(samples, round(frame.time * SAMPLE_RATE)))
                blocks.append(np.zeros((have, 2), np.float32))
            for piece in resampler.resample(frame):
                blocks.append(_samples(piece))
                have += len(blocks[-1])
            if have >= samples:
                break
        else:
            blocks += [_samples(piece) for piece in resampler.resample(None)]
    return np.concatenate(blocks)[:samples] if blocks else None


def _samples(frame: AudioFrame) -> Sound:
    return np.asarray(frame.to_ndarray(), np.float32).reshape(-1, 2)


def aac(container: OutputContainer, sound: Sound) -> Iterator[SoundPacket]:
    """Add a sound track to ``container`` at once; its packets are encoded as they are asked for."""
    # libav's other coder takes three times as long and comes out no closer to the original.
    stream = container.add_stream("aac", rate=SAMPLE_RATE, layout="stereo", options={"aac_coder": "fast"})
    stream.bit_rate = _BITS
    return _packets(stream, sound)


def _packets(stream: AudioStream, sound: Sound) -> Iterator[SoundPacket]:
    for start in range(0, len(sound), _BLOCK):
        block = np.ascontiguousarray(sound[start : start + _BLOCK].T)
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
        frame.sample_rate = SAMPLE_RATE
        frame.pts = start
        frame.time_base = Fraction(1, SAMPLE_RATE)
        yield from stream.encode(frame)
    yield from stream.encode()


def interleave(container: OutputContainer, *tracks: Iterable[AnyPacket]) -> None:
    """Write the packets of all tracks side by side in order of time, and close the file.

    A file with all pictures first and all sound last is correct too, but a browser that streams it
    needs two places of it at once.

    Args:
        container: Where to; closed in any case.
        tracks: Each in its own decoding order.
    """
    try:
        for packet in heapq.merge(*tracks, key=_time):
            container.mux(packet)
    except BaseException:
        # Closing writes the trailer, which mostly fails again for the same reason.
        with contextlib.suppress(av.error.FFmpegError):
            container.close()
        raise
    container.close()


def _time(packet: AnyPacket) -> Fraction:
    return (packet.dts or 0) * packet.time_base
