from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from media_clips import flat, tone

from sora_kit.errors import BadMedia, InvalidInput
from sora_kit.media.cut import _safe_ends, cut
from sora_kit.media.encode import VideoWriter
from sora_kit.media.probe import probe
from sora_kit.media.sound import SAMPLE_RATE, read_sound

FPS = 24


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory):
    """Two seconds whose grey tells the number of the frame, with moving detail so that B-frames are used."""
    path = tmp_path_factory.mktemp("cut") / "film.mp4"
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 60, (96, 160, 1), np.uint8)
    with VideoWriter(path, 160, 96, FPS, preset="medium", title="A film") as writer:
        for n in range(2 * FPS):
            frame = np.repeat(np.roll(noise, 2 * n, axis=1), 3, axis=2)
            frame[:, :32] = 4 * n + 16
            writer.put_rgba(frame)
        writer.close(tone(2.0))
    return path


def numbers(path) -> list[int]:
    """The frames of `film` that a clip shows, decoded."""
    with av.open(str(path)) as container:
        greys = [frame.to_ndarray(format="rgb24")[8:88, 8:24].mean() for frame in container.decode(video=0)]
    return [round((grey - 16) / 4) for grey in greys]


def payload(path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def test_the_film_has_pictures_that_need_later_ones(film):
    with av.open(str(film)) as container:
        shown = [packet.pts for packet in container.demux(video=0) if packet.pts is not None]
    assert shown != sorted(shown)


@pytest.mark.parametrize("count", [1, 2, 5, 11, 24, 30, 47])
def test_a_cut_is_exact_within_the_pictures_that_need_each_other(film, tmp_path, count: int):
    out = tmp_path / "out.mp4"
    found = cut(film, out, count / FPS)
    kept = numbers(out)
    assert kept == list(range(len(kept)))  # none missing, none doubled, none of the rest
    assert abs(len(kept) - count) <= 3
    assert found.seconds == pytest.approx(len(kept) / FPS, abs=2e-3)
    assert payload(out) == payload(film)[: len(kept)]  # copied, not coded again
    assert found.metadata["title"] == "A film"
    data = out.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_the_sound_is_cut_with_the_picture_and_stays_in_step(film, tmp_path):
    found = cut(film, tmp_path / "out.mp4", 1.0)
    assert found.audio == "aac"
    heard, before = (read_sound(path, 3 * SAMPLE_RATE) for path in (tmp_path / "out.mp4", film))
    assert len(heard) == pytest.approx(found.seconds * SAMPLE_RATE, abs=1100)
    same = slice(0, len(heard) - 2048)
    assert np.abs(heard[same] - before[same]).max() < 1e-3
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert (container.duration or 0) / 1e6 == pytest.approx(found.seconds, abs=0.025)


def test_a_shorter_clip_is_kept_whole(film, tmp_path):
    assert cut(film, tmp_path / "out.mp4", 9.0).frames == 2 * FPS
    assert numbers(tmp_path / "out.mp4") == list(range(2 * FPS))


@pytest.mark.parametrize("codec", ["vp9", "av1"])
def test_other_codecs_are_copied_too(tmp_path, codec):
    with VideoWriter(tmp_path / "in.mp4", 64, 64, FPS, codec=codec) as writer:
        for n in range(30):
            writer.put_rgba(flat(64, 64, (n * 8, 0, 0)))
    found = cut(tmp_path / "in.mp4", tmp_path / "out.mp4", 0.5)
    assert found.codec == codec
    assert found.frames == pytest.approx(12, abs=3)


def test_what_cannot_be_copied_is_coded_again(tmp_path):
    source = tmp_path / "in.avi"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("mpeg4", rate=Fraction(25))
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for n in range(50):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(flat(64, 48, (4 * n, 0, 0)), "rgb24")))
        container.mux(stream.encode(None))
    found = cut(source, tmp_path / "out.mp4", 1.0)
    assert (found.codec, found.frames, found.width, found.height) == ("h264", 25, 64, 48)
    assert probe(tmp_path / "out.mp4").mime == "video/mp4"


def test_nothing_left_and_nothing_readable_are_refused(film, tmp_path):
    with pytest.raises(InvalidInput, match="cannot be cut to 0 s"):
        cut(film, tmp_path / "out.mp4", 0)
    (tmp_path / "bad.mp4").write_bytes(film.read_bytes()[:3000])
    with pytest.raises(BadMedia):
        cut(tmp_path / "bad.mp4", tmp_path / "out.mp4", 1)
    assert not (tmp_path / "out.mp4").exists()


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # other tests may run beside it
@given(st.permutations(range(12)), st.integers(1, 5))
def test_safe_ends_hold_exactly_the_first_pictures(shown: list[int], spacing: int):
    base = Fraction(1, 24)
    pts = [spacing * n for n in shown]
    ends = _safe_ends(pts, base, Fraction(12 * spacing, 24))
    assert ends[-1] == (12, Fraction(12 * spacing, 24))
    for end in ends:
        assert sorted(pts[: end.pictures]) == sorted(pts)[: end.pictures]
        assert end.moment == end.pictures * spacing * base
