from __future__ import annotations

import subprocess
import sys
import textwrap
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
from media_clips import COLOURS, flat, tone
from PIL import Image

from sora_kit.errors import InvalidInput
from sora_kit.media.encode import SAMPLE_RATE, VideoWriter, encode_image
from sora_kit.media.frames import frame_at
from sora_kit.media.probe import probe
from sora_kit.media.sound import read_sound

BT601 = (5, 6)  # the two names of one matrix (625 and 525 lines)


def boxes(data: bytes) -> list[str]:
    """Names of the top-level boxes of an MP4 file."""
    names, at = [], 0
    while at < len(data):
        names.append(data[at + 4 : at + 8].decode("latin-1"))
        at += int.from_bytes(data[at : at + 4], "big")
    return names


def test_a_clip_decodes_to_what_was_put(clip):
    found = probe(clip(size=(320, 180), fps=30, seconds=2.0, title="Wüste", comment="animatic preview"))
    assert (found.kind, found.width, found.height, found.fps, found.frames) == ("video", 320, 180, 30, 60)
    assert found.seconds == pytest.approx(2.0, abs=1e-6)
    assert (found.codec, found.audio, found.mime) == ("h264", "aac", "video/mp4")
    assert found.metadata["title"] == "Wüste"
    assert found.metadata["comment"] == "animatic preview"


def test_index_stands_in_front_and_tracks_are_interleaved(clip):
    path = clip(seconds=3.0)
    names = boxes(path.read_bytes())
    assert names.index("moov") < names.index("mdat")
    with av.open(str(path)) as container:
        order = [packet.stream.type for packet in container.demux() if packet.size]
    first_half = order[: len(order) // 2]
    assert 0.3 < first_half.count("audio") / order.count("audio") < 0.7


@pytest.mark.parametrize("channels", [3, 4])
def test_colours_survive_with_their_tags(tmp_path, channels):
    path = tmp_path / "bars.mp4"
    bars = np.concatenate([flat(32, 64, colour) for colour in COLOURS], axis=1)
    frame = bars if channels == 3 else np.dstack([bars, np.zeros(bars.shape[:2], np.uint8)])
    with VideoWriter(path, bars.shape[1], 64, 24) as writer:
        for _ in range(12):
            writer.put_rgba(frame)
    error = np.abs(frame_at(path, 0.2).astype(int) - bars)
    assert error.mean() < 3
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        assert context.colorspace in BT601
        assert (context.color_range, context.pix_fmt) == (1, "yuv420p")


def test_i420_and_rgba_give_the_same_file(tmp_path):
    frame = np.dstack([flat(64, 48, COLOURS[1]), np.full((48, 64), 255, np.uint8)])
    with VideoWriter(tmp_path / "a.mp4", 64, 48, 24) as a, VideoWriter(tmp_path / "b.mp4", 64, 48, 24) as b:
        for _ in range(5):
            a.put_rgba(frame)
            b.put_i420(cv2.cvtColor(frame, cv2.COLOR_RGBA2YUV_I420))
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_sound_is_kept_and_fitted_to_the_picture(tmp_path):
    for given in (0.5, 1.0, 3.0):
        path = tmp_path / f"{given}.mp4"
        with VideoWriter(path, 64, 64, 24) as writer:
            for _ in range(24):
                writer.put_rgba(flat(64, 64, COLOURS[0]))
            writer.close(tone(given, level=0.4))
        with av.open(str(path)) as container:
            stream = container.streams.audio[0]
            assert (stream.rate, stream.layout.name) == (SAMPLE_RATE, "stereo")
            assert float(stream.duration * stream.time_base) == pytest.approx(1.0, abs=0.03)
            assert container.duration == pytest.approx(1_000_000, abs=30_000)
        heard = read_sound(path, SAMPLE_RATE)
        assert np.sqrt((heard[4800:19200] ** 2).mean()) == pytest.approx(0.4 / 2**0.5, rel=0.1)
        spectrum = np.abs(np.fft.rfft(heard[4800:19200, 0]))
        assert spectrum.argmax() * SAMPLE_RATE / 14400 == pytest.approx(440, abs=5)
        if given < 1.0:
            assert np.abs(heard[SAMPLE_RATE * 3 // 4 :]).max() < 0.01


def test_no_sound_means_no_track(clip):
    assert probe(clip(sound=False)).audio is None


def test_same_frames_give_the_same_bytes(clip):
    assert clip("a.mp4").read_bytes() == clip("b.mp4").read_bytes()


def test_broadcast_rates_are_exact(clip):
    found = probe(clip(fps=23.976, seconds=2.0))
    assert Fraction(found.fps).limit_denominator(2000) == Fraction(24000, 1001)
    assert found.seconds == pytest.approx(found.frames * 1001 / 24000, abs=1e-4)


@pytest.mark.parametrize("codec", ["vp9", "av1"])
def test_free_codecs(clip, codec):
    found = probe(clip(seconds=0.5, codec=codec, crf=40))
    assert (found.codec, found.audio, found.frames) == (codec, "aac", 12)


@pytest.mark.parametrize("size", [(161, 90), (160, 91), (0, 90), (-2, 90)])
def test_odd_sizes_are_refused(tmp_path, size):
    with pytest.raises(InvalidInput) as caught:
        VideoWriter(tmp_path / "x.mp4", *size, 24)
    assert "even" in caught.value.why
    assert "×" in caught.value.fix


def test_frames_of_another_size_are_refused(tmp_path):
    with pytest.raises(ValueError, match="shape"), VideoWriter(tmp_path / "x.mp4", 64, 64, 24) as writer:
        writer.put_rgba(flat(64, 62, COLOURS[0]))
    assert list(tmp_path.iterdir()) == []


def test_an_empty_video_is_refused(tmp_path):
    with pytest.raises(ValueError, match="one frame"), VideoWriter(tmp_path / "x.mp4", 64, 64, 24):
        pass
    assert list(tmp_path.iterdir()) == []


def test_an_exception_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "x.mp4"
    path.write_bytes(b"old")

    def interrupted() -> None:
        with VideoWriter(path, 64, 64, 24) as writer:
            for _ in range(50):
                writer.put_rgba(flat(64, 64, COLOURS[0]))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [p.name for p in tmp_path.iterdir()] == ["x.mp4"]
    assert path.read_bytes() == b"old"


def test_odd_names_are_files_not_protocols(clip):
    assert probe(clip("a b:c#1?%d.mp4" if sys.platform != "win32" else "a b#1%d.mp4")).frames == 48


def test_image_keeps_pixels_and_text(tmp_path):
    path = tmp_path / "deep" / "x.png"
    pixels = np.random.default_rng(1).integers(0, 255, (20, 31, 3), dtype=np.uint8)
    encode_image(pixels, path, {"comment": "animatic preview", "prompt": "草原の馬"})
    assert np.array_equal(np.asarray(Image.open(path)), pixels)
    found = probe(path)
    assert (found.kind, found.width, found.height, found.mime) == ("image", 31, 20, "image/png")
    assert found.metadata == {"comment": "animatic preview", "prompt": "草原の馬"}


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
@pytest.mark.parametrize("what", ["video", "image", "join"])
def test_a_full_disk_is_called_so(tmp_path, what):
    """A file size limit stands in for a full disk: the same kind of error, without needing root."""
    program = textwrap.dedent(
        """
        import resource, sys
        import numpy as np
        from sora_kit.errors import WorkspaceFull
        from sora_kit.media.encode import VideoWriter, encode_image
        from sora_kit.media.join import join
        noise = np.random.default_rng(1).integers(0, 255, (240, 320, 3), dtype=np.uint8)
        if sys.argv[2] == "join":
            with VideoWriter(sys.argv[3], 320, 240, 24) as writer:
                for n in range(30):
                    writer.put_rgba(np.roll(noise, n * 7, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        try:
            if sys.argv[2] == "join":
                join([sys.argv[3]] * 2, sys.argv[1])
            elif sys.argv[2] == "image":
                encode_image(noise, sys.argv[1], {})
            else:
                with VideoWriter(sys.argv[1], 320, 240, 24) as writer:
                    for n in range(30):
                        writer.put_rgba(np.roll(noise, n * 7, 0))
        except WorkspaceFull as error:
            print("full:", error)
        """
    )
    out = tmp_path / "out" / "x.bin"
    done = subprocess.run(
        [sys.executable, "-c", program, str(out), what, str(tmp_path / "source.mp4")],
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith("full: There is no space left to write x.bin."), done.stderr
    assert not list(out.parent.iterdir())
