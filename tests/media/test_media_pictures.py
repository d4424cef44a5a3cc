"""Pictures from outside: decoded in the limited process, or refused with a reason."""

from __future__ import annotations

import time
from io import BytesIO

import numpy as np
import pytest
from media_clips import COLOURS, bomb, flat, picture
from PIL import Image, ImageCms

from sora_kit.errors import BadMedia
from sora_kit.media import check
from sora_kit.media.check import check_image
from sora_kit.media.sniff import sniff


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
