"""Files that mean harm, and files that merely broke."""

from __future__ import annotations

import asyncio
import os
import struct
import subprocess
import sys
import time
import zlib
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest
from media_clips import COLOURS, flat
from PIL import Image, ImageCms

from sora_kit.errors import BadMedia
from sora_kit.media import check
from sora_kit.media.check import acheck_image, acheck_video, check_image, check_video
from sora_kit.media.container import UPLOADS, Limits
from sora_kit.media.encode import VideoWriter
from sora_kit.media.frames import frame_at, poster
from sora_kit.media.join import join
from sora_kit.media.probe import probe
from sora_kit.media.sniff import sniff


def picture(
    form: str = "PNG", size: tuple[int, int] = (48, 32), mode: str = "RGB", **options: object
) -> bytes:
    out = BytesIO()
    Image.new(mode, size, COLOURS[0][: len(mode)] if mode in ("RGB", "RGBA") else 90).save(
        out, form, **options
    )
    return out.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that claims, and holds, gigabytes of black."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    squeezed = zlib.compressobj(9)
    row = bytes(width * 3 + 1)
    data = b"".join(squeezed.compress(row) for _ in range(64)) + squeezed.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


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


# -- pictures -----------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_good_picture_passes(form):
    data = picture(form)
    found = check_image(data)
    assert (found.width, found.height, found.data) == (48, 32, data)
    assert found.format == sniff(data)
    made = Image.open(BytesIO(found.upright))
    assert (made.size, made.mode) == ((48, 32), "RGB")
    assert found.upright_format.mime == ("image/jpeg" if form == "JPEG" else "image/png")
    assert data[:20] not in repr(found).encode()


def test_a_phones_picture_is_turned_and_forgets_where_it_was():
    upright = flat(32, 48, COLOURS[0])
    upright[:10] = COLOURS[2]  # the sky
    lying = Image.fromarray(np.ascontiguousarray(np.rot90(upright)))
    exif = Image.Exif()
    exif[0x0112] = 6  # "turn me clockwise"
    exif[0x010E] = "taken at home"
    out = BytesIO()
    lying.save(out, "JPEG", exif=exif, quality=95)
    found = check_image(out.getvalue())
    assert (found.width, found.height) == (32, 48)
    made = Image.open(BytesIO(found.upright))
    made.load()
    assert np.abs(np.asarray(made)[:6].reshape(-1, 3).mean(0) - COLOURS[2]).max() < 12
    assert not made.getexif()
    assert b"taken at home" in found.data
    assert b"taken at home" not in found.upright


@pytest.mark.parametrize("mode", ["L", "P", "1", "CMYK", "RGBA", "LA", "I;16"])
def test_rare_pixel_kinds_become_ordinary(mode):
    form = "JPEG" if mode == "CMYK" else "PNG"
    pixels = Image.new("I;16", (20, 10), 40_000) if mode == "I;16" else Image.new(mode, (20, 10))
    out = BytesIO()
    pixels.save(out, form)
    made = Image.open(BytesIO(check_image(out.getvalue()).upright))
    assert made.mode == ("RGBA" if mode in {"RGBA", "LA"} else "RGB")
    if mode == "I;16":
        assert made.getpixel((0, 0)) == (156, 156, 156)  # 40000 / 256


def test_a_colour_profile_is_applied_not_lost():
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    found = check_image(picture("PNG", icc_profile=lab))
    made = Image.open(BytesIO(found.upright))
    assert "icc_profile" not in made.info
    assert np.abs(np.asarray(made).reshape(-1, 3).mean(0) - COLOURS[0]).max() < 2
    broken = check_image(picture("PNG", icc_profile=b"not a profile"))
    assert Image.open(BytesIO(broken.upright)).getpixel((0, 0)) == COLOURS[0]


def test_the_first_frame_of_a_moving_gif_is_the_picture():
    frames = [Image.fromarray(flat(24, 24, colour)) for colour in COLOURS[:3]]
    out = BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    made = Image.open(BytesIO(check_image(out.getvalue()).upright))
    assert np.abs(np.array(made.getpixel((5, 5))) - COLOURS[0]).max() < 3


@pytest.mark.parametrize("size", [(20_000, 20_000), (60_000, 20), (9_000, 9_000)])
def test_a_bomb_is_refused_before_it_unpacks(size):
    data = bomb(*size)
    assert len(data) < 200_000
    start = time.monotonic()
    with pytest.raises(BadMedia, match="too large"):
        check_image(data)
    assert time.monotonic() - start < 10


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_truncated_picture_is_called_damaged(form):
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    out = BytesIO()
    Image.fromarray(noise).save(out, form)
    with pytest.raises(BadMedia, match="damaged or incomplete"):
        check_image(out.getvalue()[: len(out.getvalue()) // 2])


def test_too_many_bytes_are_refused_without_a_look(monkeypatch):
    monkeypatch.setattr(check, "MAX_IMAGE_BYTES", 1000)
    with pytest.raises(BadMedia, match="MB"):
        check_image(picture() + bytes(1000))


def test_a_video_is_no_picture(clip):
    with pytest.raises(BadMedia, match="video, not a picture"):
        check_image(clip().read_bytes())


def test_a_broken_thing_is_never_another_error():
    """Whatever bits flip, the answer is a picture or BadMedia."""
    rng = np.random.default_rng(7)
    outcomes = set()
    for form in ("PNG", "JPEG", "WEBP", "GIF"):
        data = bytearray(picture(form, size=(64, 64)))
        for at in rng.integers(12, len(data), 8):
            data[at] ^= int(rng.integers(1, 255))
        try:
            outcomes.add(check_image(bytes(data)).width)
        except BadMedia as error:
            outcomes.add(error.code)
    assert outcomes <= {64, "invalid_media"}


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


# -- the limited process ------------------------------------------------------------------------


def test_importing_the_room_loads_nothing_heavy():
    program = (
        "import sys, sora_kit.media, sora_kit.media.sniff, sora_kit.media.check\n"
        "print(sorted({'av', 'cv2', 'PIL', 'numpy', 'httpx'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "[]\n"


def child(code: str) -> subprocess.CompletedProcess[str]:
    program = f"from sora_kit.media import check\ncheck._limit()\n{code}"
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)


@pytest.mark.skipif(sys.platform != "linux", reason="memory limits are kept on Linux only")
def test_the_child_cannot_take_much_memory():
    done = child("try:\n bytearray(2 << 30)\nexcept MemoryError:\n print('no memory')")
    assert done.stdout == "no memory\n", done.stderr


def test_the_child_sees_no_secrets(monkeypatch):
    monkeypatch.setenv("SORA_KIT_SECRET_KEY", "hunter2")
    _, environment = check._command(("image",))
    assert "hunter2" not in repr(environment)
    assert "PATH" in environment


def test_a_child_without_patience_left_is_a_refusal(monkeypatch):
    monkeypatch.setattr(check, "_PATIENCE", 0.01)
    with pytest.raises(BadMedia, match="within the limits"):
        check_image(picture())


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_crash_of_the_decoder_is_a_refusal(monkeypatch, tmp_path):
    killer = tmp_path / "crash.py"
    killer.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    monkeypatch.setattr(check, "_command", lambda _: ([sys.executable, str(killer)], dict(os.environ)))
    with pytest.raises(BadMedia, match="crashes the decoder"):
        check_image(picture())


async def test_async_forms_do_not_block_the_loop(clip):
    path = clip(seconds=1.0)
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticking = asyncio.create_task(tick())
    image, video = await asyncio.gather(acheck_image(picture()), acheck_video(path))
    ticking.cancel()
    assert (image.width, video.frames) == (48, 24)
    assert ticks > 5
    with pytest.raises(BadMedia, match="damaged"):
        await acheck_image(picture()[:60])


async def test_a_cancelled_check_leaves_no_process(monkeypatch, tmp_path):
    mark = tmp_path / "pid"
    sleeper = tmp_path / "sleep.py"
    sleeper.write_text(f"import os, time\nopen({str(mark)!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)\n")
    monkeypatch.setattr(check, "_command", lambda _: ([sys.executable, str(sleeper)], dict(os.environ)))
    task = asyncio.create_task(acheck_image(picture()))
    while not (mark.exists() and mark.read_text()):
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    if sys.platform != "win32":
        with pytest.raises(ProcessLookupError):
            os.kill(int(mark.read_text()), 0)
