"""Several clips into one, as long as all of them together.

Clips that were coded alike (one backend's shots, mostly) are joined without decoding: their packets
are copied one after the other, which takes milliseconds and loses nothing. Otherwise all are decoded
and encoded again in the first one's size and rate; other shapes get black bars. Either way the sound
is coded anew: AAC frames do not end where pictures do, so copied sound would drift and click at
every seam.

Output frame ``n`` of a clip shows what is on screen there at ``n / fps``, and every clip starts at
the output frame nearest to its exact start, so rounding never adds up.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import av
import cv2
import numpy as np
import numpy.typing as npt

from sora_kit.errors import InvalidInput
from sora_kit.media.atomic import fresh_file
from sora_kit.media.container import decoded, length, moment, opened, turn, upright
from sora_kit.media.encode import VideoWriter
from sora_kit.media.probe import Probe, probe
from sora_kit.media.sound import SAMPLE_RATE, Sound, aac, fitted, interleave, read_sound

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.stream import VideoStream

__all__ = ("join",)

Pixels = npt.NDArray[np.uint8]
Progress = Callable[[float], None]


def join(
    paths: Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    *,
    crossfade: float = 0.0,
    title: str = "",
    comment: str = "",
    progress: Progress | None = None,
) -> Probe:
    """Put clips one behind the other.

    Args:
        paths: The clips, in order; at least one.
        out: Where the finished MP4 shall be.
        crossfade: Seconds by which neighbours overlap and melt into each other; at most half of
            the shortest clip is used. 0 is a hard cut.
        title: Kept in the file's metadata.
        comment: Kept in the file's metadata.
        progress: Called with 0…1 while frames are encoded; may raise to stop, and then nothing
            is left behind.

    Returns:
        What was made. Its length is the sum of the clips' less the overlaps, within one frame.

    Raises:
        BadMedia: When a clip is none that sora_kit reads, or is damaged.
        InvalidInput: When there is nothing to join.
        WorkspaceFull: When the disk is full.
    """
    if not paths:
        raise InvalidInput("There is nothing to join", fix="Give at least one clip", param="paths")
    clips = [_look(Path(path)) for path in paths]
    texts = _Texts(title, comment)
    if crossfade <= 0 and all(clip.coding is not None and clip.coding == clips[0].coding for clip in clips):
        _copy(clips, out, texts)
    else:
        _encode(clips, out, max(0.0, crossfade), texts, progress)
    return probe(out)


class _Texts(NamedTuple):
    title: str
    comment: str


@dataclass(frozen=True, slots=True)
class _Clip:
    path: Path
    width: int
    height: int
    seconds: Fraction
    fps: Fraction
    audio: bool
    coding: tuple[Any, ...] | None
    """All that must be equal for packets to follow each other in one track; None: never copied."""


def _look(path: Path) -> _Clip:
    found = probe(path)
    with opened(path) as container:
        stream = container.streams.video[0]
        fps = stream.average_rate or stream.guessed_rate or Fraction(24)
        exact = Fraction(stream.frames) / fps if stream.frames else Fraction(0)
        seconds = Fraction(length(container)).limit_denominator(1_000_000)
        context = stream.codec_context
        first = next(decoded(container))
        # A constant rate from zero on, not turned, nothing cut off by an edit list.
        plain = (
            abs(exact - seconds) * fps < Fraction(1, 100)
            and not stream.start_time
            and turn(first) == 0
            and found.codec in {"h264", "hevc", "vp9", "av1"}
            and found.mime == "video/mp4"
        )
        coding = (
            found.codec,
            bytes(context.extradata or b""),
            (context.width, context.height, context.pix_fmt),
            (context.colorspace, context.color_range, context.color_primaries, context.color_trc),
            stream.time_base,
            fps,
            context.sample_aspect_ratio,
        )
        container.seek(0, stream=stream)
        plain = plain and not any(packet.is_discard for packet in container.demux(stream))
    return _Clip(
        path=path,
        width=found.width,
        height=found.height,
        seconds=exact if plain else seconds,
        fps=fps,
        audio=found.audio is not None,
        coding=coding if plain else None,
    )


def _copy(clips: list[_Clip], out: str | os.PathLike[str], texts: _Texts) -> None:
    with fresh_file(out) as part:
        container = av.open(str(part), "w", format="mp4", container_options={"movflags": "+faststart"})
        container.metadata.update({k: v for k, v in texts._asdict().items() if v})
        with opened(clips[0].path) as first:
            stream = container.add_stream_from_template(first.streams.video[0])
        tracks: list[Any] = [chain.from_iterable(_copied(clips, stream))]
        if any(clip.audio for clip in clips):
            tracks.append(aac(container, _sound(clips, Fraction(0))))
        interleave(container, *tracks)


def _copied(clips: list[_Clip], target: VideoStream) -> Iterator[Iterator[Packet[VideoStream]]]:
    start = Fraction(0)
    for clip in clips:
        yield _shifted(clip, start, target)
        start += clip.seconds


def _shifted(clip: _Clip, start: Fraction, target: VideoStream) -> Iterator[Packet[VideoStream]]:
    with opened(clip.path) as container:
        for packet in container.demux(container.streams.video[0]):
            if packet.dts is None:  # the empty packet that ends a stream
                continue
            shift = round(start / packet.time_base)
            packet.dts += shift
            packet.pts = packet.dts if packet.pts is None else packet.pts + shift
            packet.stream = target
            yield packet


def _encode(
    clips: list[_Clip],
    out: str | os.PathLike[str],
    crossfade: float,
    texts: _Texts,
    progress: Progress | None,
) -> None:
    width, height = (max(2, side // 2 * 2) for side in (clips[0].width, clips[0].height))
    fps = min(clips[0].fps, Fraction(120))
    overlap = 0
    if len(clips) > 1:
        overlap = int(min(Fraction(crossfade), min(clip.seconds for clip in clips) / 2) * fps)
    starts = _starts(clips, Fraction(overlap) / fps)
    total = max(1, round(starts[-1] * fps) + overlap)
    with VideoWriter(out, width, height, fps, crf=19, title=texts.title, comment=texts.comment) as writer:
        fading: list[Pixels] = []  # the end of the clip before, not written yet
        for clip, (start, after) in zip(clips, pairwise(starts), strict=True):
            begin = round(start * fps)
            # `after` leaves out the overlap that every clip, but for the last, shares with the next.
            count = max(1, round(after * fps) - begin + overlap)
            last = clip is clips[-1]
            waiting: list[Pixels] = []
            for n, rgb in enumerate(_resampled(clip, fps, count, width, height)):
                frame = rgb
                if n < len(fading):
                    share = (n + 1) / (len(fading) + 1)
                    frame = np.asarray(cv2.addWeighted(rgb, share, fading[n], 1 - share, 0), np.uint8)
                if not last and n >= count - overlap:
                    waiting.append(frame)
                    continue
                writer.put_rgba(frame)
                if progress is not None:
                    progress(min(1.0, writer.frames / total))
            fading = waiting
        sound = _sound(clips, Fraction(overlap) / fps) if any(clip.audio for clip in clips) else None
        writer.close(sound)


def _starts(clips: list[_Clip], overlap: Fraction) -> list[Fraction]:
    """Where each clip starts in seconds; one more than clips: where the next one would."""
    starts = [Fraction(0)]
    for clip in clips:
        starts.append(starts[-1] + clip.seconds - overlap)
    return starts


def _resampled(clip: _Clip, fps: Fraction, count: int, width: int, height: int) -> Iterator[Pixels]:
    """Exactly ``count`` frames of the clip at ``fps``, each (height, width, 3)."""
    n = 0
    with opened(clip.path) as container:
        stream = container.streams.video[0]
        early = float(1 / fps) / 4  # clocks differ by rounding; a quarter of a frame forgives it
        shown: Pixels | None = None
        for frame in decoded(container):
            time = moment(frame, stream) - early
            while shown is not None and n < count and n / fps < time:
                yield shown
                n += 1
            if n >= count:
                return
            shown = _boxed(upright(frame), width, height)
        while shown is not None and n < count:
            yield shown
            n += 1


def _boxed(rgb: Pixels, width: int, height: int) -> Pixels:
    """Scale into (height, width), keeping the shape; black bars fill the rest."""
    tall, wide = rgb.shape[:2]
    if (wide, tall) == (width, height):
        return rgb
    scale = min(width / wide, height / tall)
    inner = (min(width, max(1, round(wide * scale))), min(height, max(1, round(tall * scale))))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    boxed = np.zeros((height, width, 3), np.uint8)
    top, left = (height - inner[1]) // 2, (width - inner[0]) // 2
    boxed[top : top + inner[1], left : left + inner[0]] = cv2.resize(rgb, inner, interpolation=how)
    return boxed


def _sound(clips: list[_Clip], overlap: Fraction) -> Sound:
    """The sound of all clips, each as long as its picture, melted together over ``overlap`` seconds."""
    starts = _starts(clips, overlap)
    whole = np.zeros((round((starts[-1] + overlap) * SAMPLE_RATE), 2), np.float32)
    fade = round(overlap * SAMPLE_RATE)
    ramp = np.linspace(0.0, 1.0, fade, dtype=np.float32)[:, None]
    for i, clip in enumerate(clips):
        samples = round(clip.seconds * SAMPLE_RATE)
        sound = fitted(read_sound(clip.path, samples) if clip.audio else None, samples)
        if fade and i > 0:
            sound[:fade] *= ramp
        if fade and i < len(clips) - 1:
            sound[-fade:] *= 1 - ramp
        at = round(starts[i] * SAMPLE_RATE)
        kept = min(len(sound), len(whole) - at)
        whole[at : at + kept] += sound[:kept]
    return whole
