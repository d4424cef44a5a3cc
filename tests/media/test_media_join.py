from __future__ import annotations

import av
import numpy as np
import pytest
from media_clips import COLOURS

from sora_kit.errors import BadMedia, InvalidInput
from sora_kit.media.frames import frame_at
from sora_kit.media.join import join
from sora_kit.media.probe import probe
from sora_kit.media.sound import SAMPLE_RATE, read_sound


def near(rgb: np.ndarray, colour: tuple[int, int, int]) -> bool:
    return bool(np.abs(rgb.reshape(-1, 3).mean(0) - colour).max() < 8)


def times(path) -> list[float]:
    with av.open(str(path)) as container:
        return [frame.time for frame in container.decode(video=0)]


def payload(path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def loudness(path, start: float, end: float) -> float:
    heard = read_sound(path, round(end * SAMPLE_RATE))
    return float(np.sqrt((heard[round(start * SAMPLE_RATE) :] ** 2).mean()))


def test_like_clips_are_copied_not_coded_again(clip, tmp_path):
    parts = [clip(f"{i}.mp4", first=2 * i, seconds=1.0) for i in range(3)]
    found = join(parts, tmp_path / "out.mp4", title="three", comment="joined")
    assert (found.frames, found.fps, found.audio) == (72, 24, "aac")
    assert found.seconds == pytest.approx(3.0, abs=1e-3)
    assert (found.metadata["title"], found.metadata["comment"]) == ("three", "joined")
    assert payload(tmp_path / "out.mp4") == [data for part in parts for data in payload(part)]
    assert np.allclose(np.diff(times(tmp_path / "out.mp4")), 1 / 24, atol=1e-4)
    for i in range(6):
        assert near(frame_at(tmp_path / "out.mp4", i / 2 + 0.25), COLOURS[i])
    data = (tmp_path / "out.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_sound_has_no_seam(clip, tmp_path):
    parts = [clip(f"{i}.mp4", seconds=1.0) for i in range(3)]  # 440 Hz fits a second exactly
    join(parts, tmp_path / "out.mp4")
    heard = read_sound(tmp_path / "out.mp4", 3 * SAMPLE_RATE)[:, 0]
    expected = np.sin(2 * np.pi * 440 * np.arange(len(heard)) / SAMPLE_RATE) * 0.4
    assert len(heard) == pytest.approx(3 * SAMPLE_RATE, abs=1024)
    middle = slice(SAMPLE_RATE // 2, 5 * SAMPLE_RATE // 2)  # over both seams
    assert np.abs(heard[middle] - expected[middle]).max() < 0.08


def test_unlike_clips_take_the_first_ones_size_and_rate(clip, tmp_path):
    parts = [
        clip("a.mp4", size=(160, 90), fps=24, seconds=1.0),
        clip("b.mp4", size=(320, 180), fps=30, seconds=1.5, first=2, codec="vp9", sound=False),
        clip("c.mp4", size=(90, 160), fps=12, seconds=0.75, first=5),
    ]
    found = join(parts, tmp_path / "out.mp4")
    assert (found.width, found.height, found.fps, found.codec, found.audio) == (160, 90, 24, "h264", "aac")
    assert found.seconds == pytest.approx(3.25, abs=1 / 24)
    assert found.frames == 78
    out = tmp_path / "out.mp4"
    for seconds, colour in ((0.25, 0), (0.75, 1), (1.25, 2), (1.75, 3), (2.25, 4)):
        assert near(frame_at(out, seconds), COLOURS[colour]), seconds
    tall = frame_at(out, 2.75)  # a portrait clip stands between black bars
    assert near(tall[:, 60:100], COLOURS[5])
    assert near(tall[:, :40], (0, 0, 0))
    assert near(tall[:, -40:], (0, 0, 0))
    assert loudness(out, 0.1, 0.9) > 0.2
    assert loudness(out, 1.1, 2.4) < 0.01
    assert loudness(out, 2.6, 3.2) > 0.2


def test_crossfade_overlaps_picture_and_sound(clip, tmp_path):
    parts = [clip("a.mp4", seconds=0.5, first=0), clip("b.mp4", seconds=0.5, first=2)]
    out = tmp_path / "out.mp4"
    found = join([*parts, *parts], out, crossfade=0.25)
    assert found.seconds == pytest.approx(4 * 0.5 - 3 * 0.25, abs=1 / 24)
    assert near(frame_at(out, 0.1), COLOURS[0])
    assert near(frame_at(out, 0.55), COLOURS[2]) is False
    middle = frame_at(out, 0.37).reshape(-1, 3).mean(0)
    half = (np.array(COLOURS[0]) + COLOURS[2]) / 2
    assert np.abs(middle - half).max() < 30
    assert loudness(out, 0.05, 1.2) > 0.2


def test_crossfade_is_at_most_half_the_shortest_clip(clip, tmp_path):
    parts = [clip("a.mp4", seconds=2.0), clip("b.mp4", seconds=0.5)]
    found = join(parts, tmp_path / "out.mp4", crossfade=10)
    assert found.seconds == pytest.approx(2.25, abs=1 / 24)


def test_silent_clips_make_a_silent_file(clip, tmp_path):
    parts = [clip("a.mp4", sound=False, seconds=0.5), clip("b.mp4", sound=False, seconds=0.5)]
    assert join(parts, tmp_path / "out.mp4").audio is None
    assert join(parts, tmp_path / "faded.mp4", crossfade=0.1).audio is None


def test_one_clip_is_enough(clip, tmp_path):
    assert join([clip(seconds=1.0)], tmp_path / "out.mp4").frames == 24
    assert join([clip(seconds=1.0)], tmp_path / "out2.mp4", crossfade=0.2).frames == 24


def test_rounding_never_adds_up(clip, tmp_path):
    """Ten clips of 0.35 s at 20 fps are 84 frames at 24 fps, not 10 × 8 or 10 × 9."""
    lead = clip("lead.mp4", fps=24, seconds=1.0)
    parts = [lead] + [clip("part.mp4", fps=20, seconds=0.35)] * 10
    found = join(parts, tmp_path / "out.mp4")
    assert found.frames == 24 + 84


def test_progress_may_stop_it(clip, tmp_path):
    seen: list[float] = []

    def stop(share: float) -> None:
        seen.append(share)
        if len(seen) == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        join([clip("a.mp4"), clip("b.mp4")], tmp_path / "out.mp4", crossfade=0.1, progress=stop)
    assert seen == sorted(seen)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.mp4", "b.mp4"]


def test_nothing_and_nonsense_are_refused(clip, tmp_path):
    with pytest.raises(InvalidInput, match="nothing to join"):
        join([], tmp_path / "out.mp4")
    (tmp_path / "bad.mp4").write_text("no video")
    with pytest.raises(BadMedia, match="is text"):
        join([clip(), tmp_path / "bad.mp4"], tmp_path / "out.mp4")
    assert not (tmp_path / "out.mp4").exists()


def test_joined_can_be_joined_again(clip, tmp_path):
    once = tmp_path / "once.mp4"
    join([clip("a.mp4", seconds=1.0), clip("b.mp4", seconds=1.0)], once)
    twice = join([once, clip("c.mp4", seconds=1.0)], tmp_path / "twice.mp4")
    assert (twice.frames, probe(once).frames) == (72, 48)
    assert twice.seconds == pytest.approx(3.0, abs=1e-3)
