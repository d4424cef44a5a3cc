"""Files that mean harm, and files that merely broke."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import numpy as np
import pytest
from media_clips import COLOURS, flat, picture

from sora_kit.errors import BadMedia
from sora_kit.media.check import check_image, check_video
from sora_kit.media.container import UPLOADS, Limits
from sora_kit.media.encode import VideoWriter
from sora_kit.media.frames import frame_at, poster
from sora_kit.media.join import join
from sora_kit.media.probe import probe
from sora_kit.media.sniff import sniff

NOT_MEDIA = {
    "nothing": (b"", "empty"),
    "text": (b"just words, no picture", "text"),
    "utf-8 text": ("ein Wüstenpferd läuft ".encode() * 300, "text"),
    "playlist": (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "playlist"),
    "concat list": (b"ffconcat version 1.0\nfile '/etc/passwd'\n", "playlist"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>', "SVG"),
    "html": (b"<!DOCTYPE html><html></html>", "web page"),
    "zip": (b"PK\x03\x04" + bytes(60), "ZIP"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
    "wav": (b"RIFF\x24\x00\x00\x00WAVEfmt ", "WAV"),
    "heic": (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "HEIC"),
    "noise": (bytes(range(128, 256)) * 4, "does not know"),
}


@pytest.mark.parametrize("name", NOT_MEDIA)
def test_what_is_no_media_is_named(name, tmp_path):
    data, word = NOT_MEDIA[name]
    path = tmp_path / "looks-like.png"
    path.write_bytes(data)
    for attempt in (
        lambda: sniff(data),
        lambda: check_image(data),
        lambda: probe(path),
        lambda: poster(path),
    ):
        with pytest.raises(BadMedia) as caught:
            attempt()
        assert word in caught.value.what
        assert caught.value.why
        assert caught.value.fix


@pytest.mark.parametrize(
    ("form", "mime", "ext"),
    [
        ("PNG", "image/png", ".png"),
        ("JPEG", "image/jpeg", ".jpg"),
        ("WEBP", "image/webp", ".webp"),
        ("GIF", "image/gif", ".gif"),
    ],
)
def test_pictures_are_told_by_their_bytes(form, mime, ext):
    found = sniff(picture(form))
    assert (found.kind, found.mime, found.ext) == ("image", mime, ext)


def test_videos_are_told_by_their_bytes(clip, tmp_path):
    path = clip()
    assert sniff(path.read_bytes()).mime == "video/mp4"
    for name, form, mime in (
        ("x.mov", "mov", "video/quicktime"),
        ("x.mkv", "matroska", "video/x-matroska"),
        ("x.avi", "avi", "video/x-msvideo"),
    ):
        if form == "avi":
            encoded(tmp_path / name, form, "mpeg4", frames=48)
        else:
            remuxed(path, tmp_path / name, form)
        assert sniff((tmp_path / name).read_bytes()).mime == mime
        found = check_video(tmp_path / name)
        assert (found.mime, found.width, found.height) == (mime, 160, 90)
        assert found.seconds == pytest.approx(2.0, abs=0.1)


def encoded(path: Path, form: str, codec: str, frames: int) -> Path:
    with av.open(str(path), "w", format=form) as container:
        stream = container.add_stream(codec, rate=24)
        stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
        for n in range(frames):
            frame = av.VideoFrame.from_ndarray(flat(160, 90, COLOURS[n % 6]), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def remuxed(source: Path, target: Path, form: str, **options: str) -> Path:
    with av.open(str(source)) as old, av.open(str(target), "w", format=form, options=options) as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(video=0):
            if packet.size:
                packet.stream = stream
                new.mux(packet)
    return target


def test_webm_from_a_browser_has_no_length_until_it_is_read(clip, tmp_path):
    """Recorders stream, so they cannot go back and write the length."""
    path = remuxed(clip(codec="vp9", seconds=1.5), tmp_path / "x.webm", "webm", live="1")
    assert probe(path).seconds == 0
    found = check_video(path)
    assert found.mime == "video/webm"
    assert found.seconds == pytest.approx(1.5, abs=0.1)
    assert found.frames == 36


# -- videos -------------------------------------------------------------------------------------


def test_a_good_video_passes(clip):
    path = clip(seconds=1.0)
    assert check_video(path) == probe(path)


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
def test_a_cut_off_video_is_called_incomplete(clip, kept):
    path = clip(seconds=3.0, size=(320, 180))
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(BadMedia, match="damaged or incomplete"):
        check_video(path)


def test_only_the_header_is_no_video(clip):
    path = clip()
    path.write_bytes(path.read_bytes()[:36])
    with pytest.raises(BadMedia):
        check_video(path)


@pytest.mark.parametrize("flips", [20, 200])
def test_flipped_bits_are_bad_media(tmp_path, flips):
    rng = np.random.default_rng(3)
    path = tmp_path / "x.mp4"
    noise = rng.integers(0, 255, (90, 400, 3), dtype=np.uint8)
    with VideoWriter(path, 160, 90, 24) as writer:
        for n in range(12):
            writer.put_rgba(noise[:, n * 4 : n * 4 + 160])
    data = bytearray(path.read_bytes())
    for at in rng.integers(data.index(b"mdat") + 800, len(data), flips):
        data[at] ^= int(rng.integers(1, 255))
    path.write_bytes(data)
    with pytest.raises(BadMedia, match="damaged or incomplete"):
        check_video(path)


@pytest.mark.parametrize("name", ["x.m3u8", "x.mp4", "x.ffconcat"])
def test_a_playlist_never_opens_another_file(clip, tmp_path, name):
    secret = clip("secret.mp4")
    before = secret.stat().st_atime_ns
    for text in (
        f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{secret.as_uri()}\n#EXT-X-ENDLIST\n",
        f"ffconcat version 1.0\nfile '{secret}'\n",
    ):
        path = tmp_path / name
        path.write_text(text)
        for attempt in (
            check_video,
            probe,
            poster,
            lambda p: frame_at(p, 0),
            lambda p: join([p], tmp_path / "o.mp4"),
        ):
            with pytest.raises(BadMedia, match="playlist"):
                attempt(path)
    assert secret.stat().st_atime_ns == before


def test_an_external_data_reference_is_not_followed(clip, tmp_path):
    """QuickTime files may say that their pictures lie in another file, by an alias record."""
    secret = clip("secret.mp4", sound=False, first=3)
    path = tmp_path / "x.mp4"
    data = pointing_elsewhere(secret.read_bytes(), str(secret))
    path.write_bytes(data[: data.index(b"mdat") + 4] + bytes(20_000))  # the same index, no pictures
    with av.open(str(path), options={"enable_drefs": "1", "use_absolute_path": "1"}) as container:
        lured = next(container.decode(video=0)).to_ndarray(format="rgb24")
    assert np.abs(lured.reshape(-1, 3).mean(0) - COLOURS[3]).max() < 8  # the trap works on the unwary
    for attempt in (lambda: check_video(path), lambda: frame_at(path, 0), lambda: poster(path)):
        with pytest.raises(BadMedia):
            attempt()


def pointing_elsewhere(data: bytes, target: str) -> bytes:
    """Swap an MP4's data reference ("in this file") for an alias to ``target``."""
    name = target.encode()
    absolute = name + b"\x00" * (len(name) % 2)
    tail = struct.pack(">hH", 2, len(name)) + absolute + struct.pack(">hH", -1, 0)
    record = bytes(10 + 28 + 12 + 64 + 16 + 4 + 16) + tail  # volume, file name and levels, all empty
    alias = struct.pack(">I4sI", 12 + len(record), b"alis", 0) + record
    return grown(data, b"url ", alias)


def grown(data: bytes, old: bytes, new: bytes) -> bytes:
    """Replace the 12-byte box ``old`` in the index, and lengthen every box around it."""
    at = data.index(old) - 4
    more = len(new) - 12
    out = bytearray(data[:at] + new + data[at + 12 :])
    start, end = 0, len(data)
    while start < at:
        size, name = struct.unpack(">I4s", data[start : start + 8])
        if start <= at < start + size:
            out[start : start + 4] = struct.pack(">I", size + more)
            end = start + size
            start += 16 if name == b"dref" else 8
        else:
            start += size
    assert end > at
    return bytes(out)


def test_even_a_willing_demuxer_gets_nothing_else_opened(clip, tmp_path, monkeypatch):
    """With libav's own switches on, our refusal to open anything still stands."""
    from sora_kit.media import container

    secret = clip("secret.mp4", sound=False, first=3)
    path = tmp_path / "x.mp4"
    data = pointing_elsewhere(secret.read_bytes(), str(secret))
    path.write_bytes(data[: data.index(b"mdat") + 4] + bytes(20_000))
    monkeypatch.setattr(container, "_OPTIONS", {"enable_drefs": "1", "use_absolute_path": "1"})
    with pytest.raises(BadMedia) as caught:
        frame_at(path, 0)
    assert isinstance(caught.value.__cause__, container._ReachesOut)


@pytest.mark.parametrize(
    ("limits", "word"),
    [
        (Limits(max_bytes=1000, max_seconds=180), "MB"),
        (Limits(max_bytes=10**9, max_seconds=1), "seconds long"),
        (Limits(max_bytes=10**9, max_seconds=180, max_pixels=100), "160×90"),
        (Limits(max_bytes=10**9, max_seconds=180, max_streams=1), "streams"),
    ],
)
def test_limits(clip, limits, word):
    with pytest.raises(BadMedia, match=word):
        probe(clip(), limits)


def test_an_hour_in_a_few_frames_is_refused(clip):
    path = clip(fps=0.01, seconds=400, sound=False)
    assert probe(path).seconds > UPLOADS.max_seconds
    with pytest.raises(BadMedia, match="seconds long"):
        check_video(path)


def test_codecs_off_the_list_are_refused(tmp_path):
    path = encoded(tmp_path / "x.mkv", "matroska", "ffv1", frames=2)
    with pytest.raises(BadMedia, match="coded as ffv1"):
        check_video(path)
