"""The beginning of a clip, up to a moment, without coding anything anew.

Packets are copied until the moment is reached, which takes milliseconds and loses nothing. The end
cannot lie anywhere: a coder stores pictures in the order in which they need each other, and a picture
may need one that is shown after it. `_safe_ends` finds the counts of stored pictures that are exactly
the first ones shown, none missing and none too many; the one nearest to the wanted moment is taken.
With the usual coders that is the frame itself or one of its next two neighbours.

What cannot be copied (a turned phone clip, an edit list that hides frames, a codec that does not go
into an MP4) is decoded and encoded again instead.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import av

from sora_kit.errors import BadMedia, InvalidInput
from sora_kit.media.atomic import fresh_file
from sora_kit.media.container import codec_name, decoded, length, moment, opened, turn, upright
from sora_kit.media.encode import VideoWriter
from sora_kit.media.probe import Probe, probe
from sora_kit.media.sound import SAMPLE_RATE, aac, fitted, interleave, read_sound

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

__all__ = ("cut",)

PICTURES = frozenset({"h264", "hevc", "vp9", "av1"})
SOUNDS = frozenset({"aac", "mp3", "opus", "ac3", "eac3", "flac", "alac"})
"""Codecs that stand in an MP4 as they are."""


def cut(path: str | os.PathLike[str], out: str | os.PathLike[str], seconds: float) -> Probe:
    """Keep the first ``seconds`` of a clip, picture and sound.

    Args:
        path: The clip.
        out: Where the finished MP4 shall be.
        seconds: Length that is kept, > 0. A shorter clip is copied whole.

    Returns:
        What was made; its length is the wanted one to the frame, or off by the few frames that cannot
        be shown without each other.

    Raises:
        BadMedia: When the clip is none that sora_kit reads, or is damaged.
        InvalidInput: When nothing would be left.
        WorkspaceFull: When the disk is full.
    """
    if not seconds > 0:
        raise InvalidInput(
            f"A clip cannot be cut to {seconds:g} s", fix="Give a length above 0", param="seconds"
        )
    with opened(path) as container:
        ends = _ends(container)
    if ends:
        best = min(ends, key=lambda end: (abs(end.moment - Fraction(seconds)), -end.pictures))
        _copy(Path(path), out, best)
    else:
        _encode(Path(path), out, seconds)
    return probe(out)


class _End(NamedTuple):
    """Somewhere the clip can end."""

    pictures: int
    """Stored pictures before it."""

    moment: Fraction
    """Seconds from the clip's start."""


def _ends(container: InputContainer) -> list[_End]:
    """Where the pictures can be parted; empty if they cannot be copied at all."""
    stream = container.streams.video[0]
    first = next(decoded(container), None)
    if first is None:
        raise BadMedia("The video holds no decodable frame", fix="Export or download it again")
    base = stream.time_base
    if turn(first) or codec_name(stream) not in PICTURES or base is None:
        return []
    container.seek(0, stream=stream)
    shown: list[int] = []
    for packet in container.demux(stream):
        if packet.dts is None:  # the empty packet that ends a stream
            continue
        if packet.is_discard or packet.pts is None:
            return []
        shown.append(packet.pts)
    whole = Fraction(length(container)).limit_denominator(1_000_000)
    return _safe_ends(shown, base, max(whole, (max(shown) - min(shown)) * base))


def _safe_ends(shown: list[int], base: Fraction, whole: Fraction) -> list[_End]:
    """Counts of stored pictures after which exactly the first ones shown are there.

    Args:
        shown: When each picture is shown, in the order in which they are stored.
        base: Seconds of one unit.
        whole: Length of the clip.
    """
    order = sorted(shown)
    after = [(pts - order[0]) * base for pts in order[1:]] + [whole]
    return [
        _End(count, after[count - 1])
        for count, latest in enumerate(accumulate(shown, max), 1)
        if latest == order[count - 1]
    ]


def _copy(path: Path, out: str | os.PathLike[str], end: _End) -> None:
    with fresh_file(out) as part, opened(path) as pictures, opened(path) as sounds:
        container = av.open(str(part), "w", format="mp4", container_options={"movflags": "+faststart"})
        container.metadata.update(pictures.metadata)
        source = pictures.streams.video[0]
        # opaque: by the codec alone, for which there need not be a coder here
        video = container.add_stream_from_template(source, opaque=True)
        tracks: list[Any] = [_first_pictures(pictures, source, video, end.pictures)]
        sound = next(iter(sounds.streams.audio), None)
        if sound is not None and codec_name(sound) in SOUNDS:
            target = container.add_stream_from_template(sound, opaque=True)
            start = (source.start_time or 0) * (source.time_base or Fraction(0))
            tracks.append(_first_sounds(sounds, sound, target, start + end.moment))
        elif sound is not None:
            samples = round(end.moment * SAMPLE_RATE)
            tracks.append(aac(container, fitted(read_sound(path, samples), samples)))
        interleave(container, *tracks)


def _first_pictures(
    container: InputContainer, source: VideoStream, target: VideoStream, count: int
) -> Iterator[Packet[VideoStream]]:
    for packet in container.demux(source):
        if packet.dts is None or count == 0:
            return
        count -= 1
        packet.stream = target
        yield packet


def _first_sounds(
    container: InputContainer, source: AudioStream, target: AudioStream, until: Fraction
) -> Iterator[Packet[AudioStream]]:
    """Packets whose greater part is heard before the end."""
    for packet in container.demux(source):
        if packet.dts is None or packet.pts is None:
            continue
        if (packet.pts + Fraction(packet.duration or 0) / 2) * packet.time_base > until:
            return
        packet.stream = target
        yield packet


def _encode(path: Path, out: str | os.PathLike[str], seconds: float) -> None:
    with opened(path) as container:
        stream = container.streams.video[0]
        fps = min(stream.average_rate or stream.guessed_rate or Fraction(24), Fraction(120))
        count = max(1, round(min(seconds, length(container) or seconds) * fps))
        early = float(1 / fps) / 4  # clocks differ by rounding; a quarter of a frame forgives it
        frames = decoded(container)
        shown = upright(next(frames))
        height, width = (side // 2 * 2 for side in shown.shape[:2])
        title, comment = (container.metadata.get(name, "") for name in ("title", "comment"))
        with VideoWriter(out, width, height, fps, crf=17, title=title, comment=comment) as writer:
            for frame in frames:
                due = moment(frame, stream) - early
                while writer.frames < count and writer.frames / fps < due:
                    writer.put_rgba(shown[:height, :width])
                if writer.frames >= count:
                    break
                shown = upright(frame)
            while writer.frames < count:
                writer.put_rgba(shown[:height, :width])
            samples = round(count / fps * SAMPLE_RATE)
            sound = read_sound(path, samples)
            writer.close(None if sound is None else fitted(sound, samples))
