from __future__ import annotations

from io import BytesIO

import av
import numpy as np
import pytest
from media_clips import COLOURS, flat
from PIL import Image

from sora_kit.errors import BadMedia
from sora_kit.media.encode import VideoWriter, encode_image
from sora_kit.media.frames import frame_at, last_frame, poster, probe_and_poster, spritesheet, thumbnail_webp
from sora_kit.media.probe import probe


def near(rgb: np.ndarray, colour: tuple[int, int, int]) -> bool:
    return bool(np.abs(rgb.reshape(-1, 3).mean(0) - colour).max() < 8)


def opened(data: bytes) -> Image.Image:
    picture = Image.open(BytesIO(data))
    picture.load()
    return picture


@pytest.mark.parametrize(
    ("seconds", "colour"), [(0, 0), (0.49, 0), (0.5, 1), (1.2, 2), (2.99, 5), (60, 5), (-1, 0)]
)
def test_the_frame_on_screen_at_a_moment(clip, seconds, colour):
    assert near(frame_at(clip(seconds=3.0), seconds), COLOURS[colour])


def test_seeking_past_many_keyframes(clip):
    path = clip(seconds=9.0)
    with av.open(str(path)) as container:
        keys = [packet.pts for packet in container.demux(video=0) if packet.is_keyframe]
    assert len(keys) >= 4
    assert near(frame_at(path, 7.3), COLOURS[14 % 6])


def test_the_very_last_frame(tmp_path):
    path = tmp_path / "x.mp4"
    with VideoWriter(path, 64, 64, 24) as writer:
        for n in range(100):
            writer.put_rgba(flat(64, 64, COLOURS[3] if n == 99 else COLOURS[0]))
    assert near(last_frame(path), COLOURS[3])


def test_a_clip_of_one_frame(tmp_path):
    path = tmp_path / "x.mp4"
    with VideoWriter(path, 64, 64, 24) as writer:
        writer.put_rgba(flat(64, 64, COLOURS[2]))
    assert near(last_frame(path), COLOURS[2])
    assert near(frame_at(path, 0.0), COLOURS[2])
    assert opened(spritesheet(path, 2, 2, 32)).size == (64, 64)


def test_poster_is_a_small_progressive_jpeg(clip):
    path = clip(size=(1280, 720), seconds=1.0)
    picture = opened(poster(path))
    assert (picture.format, picture.size) == ("JPEG", (640, 360))
    assert picture.info["progressive"]
    assert near(np.asarray(picture), COLOURS[0])
    assert near(np.asarray(opened(poster(path, at=0.9))), COLOURS[1])


def test_one_opening_says_the_same_as_two(clip, tmp_path):
    path = clip(size=(1280, 720), seconds=3.0)
    assert probe_and_poster(path) == (probe(path), poster(path))
    picture = tmp_path / "x.png"
    encode_image(flat(90, 30, COLOURS[4]), picture)
    assert probe_and_poster(picture) == (probe(picture), poster(picture))


def test_posters_are_not_enlarged(clip):
    assert opened(poster(clip(size=(160, 90)))).size == (160, 90)


def test_thumbnail_is_webp(clip):
    picture = opened(thumbnail_webp(clip(), width=80))
    assert (picture.format, picture.size) == ("WEBP", (80, 45))


def test_poster_of_a_picture(tmp_path):
    path = tmp_path / "x.png"
    encode_image(flat(900, 300, COLOURS[4]), path)
    picture = opened(poster(path))
    assert picture.size == (640, 213)
    assert near(np.asarray(picture), COLOURS[4])


def test_transparency_lies_on_white(tmp_path):
    path = tmp_path / "x.png"
    encode_image(np.zeros((40, 40, 4), np.uint8), path)
    assert near(np.asarray(opened(poster(path))), (255, 255, 255))


def test_spritesheet_shows_the_clip_in_order(clip):
    sheet = np.asarray(opened(spritesheet(clip(size=(160, 90), seconds=3.0), columns=3, rows=2, width=64)))
    assert sheet.shape == (2 * 36, 3 * 64, 3)
    for i, colour in enumerate(COLOURS):
        tile = sheet[i // 3 * 36 : i // 3 * 36 + 36, i % 3 * 64 : i % 3 * 64 + 64]
        assert near(tile[8:-8, 8:-8], colour), i


def test_default_spritesheet_is_five_by_four(clip):
    assert opened(spritesheet(clip(size=(160, 90)))).size == (5 * 256, 4 * 144)


def test_phone_clips_are_turned_upright(clip, tmp_path):
    """A clip stored lying, with the turn in its header, comes out standing."""
    path, turned = tmp_path / "wide.mp4", tmp_path / "turned.mp4"
    frame = flat(160, 90, COLOURS[0])
    frame[:, :80] = COLOURS[2]  # left half
    with VideoWriter(path, 160, 90, 24) as writer:
        for _ in range(24):
            writer.put_rgba(frame)
    with av.open(str(path)) as source, av.open(str(turned), "w", format="mp4") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        stream.set_display_rotation(90)
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    found = probe(turned)
    assert (found.width, found.height) == (90, 160)
    shown = frame_at(turned, 0.5)
    assert shown.shape == (160, 90, 3)
    # A quarter turn counter-clockwise brings the left edge to the bottom.
    assert near(shown[100:], COLOURS[2])
    assert near(shown[:60], COLOURS[0])


def test_a_picture_has_no_frames(tmp_path):
    path = tmp_path / "x.png"
    encode_image(flat(20, 20, COLOURS[0]), path)
    with pytest.raises(BadMedia, match="picture, not a video"):
        spritesheet(path)
