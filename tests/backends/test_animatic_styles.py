"""Ten looks that nobody confuses, the HUD, and the title card."""

from __future__ import annotations

import time

import numpy as np
import pytest

from sora_kit.backends.animatic.hud import Hud, card
from sora_kit.backends.animatic.stamps import Canvas
from sora_kit.backends.animatic.styles import OverlayContext, look
from sora_kit.backends.animatic.styles.catalogue import LOOKS
from sora_kit.errors import UnknownStyle
from sora_kit.language.scene import Scene
from sora_kit.language.styles import STYLES

SIZES = [(160, 90), (320, 180), (720, 1280), (90, 160), (64, 64)]
WORDS = "A woman in a red coat walks along the beach at dusk, 在海滩 🐈"


def picture(width, height, seed=0):
    rng = np.random.default_rng(seed)
    small = rng.integers(40, 220, (9, 16, 3)).astype(np.uint8)
    rgb = np.repeat(np.repeat(small, -(-height // 9), 0), -(-width // 16), 1)[:height, :width]
    return np.ascontiguousarray(rgb)


def frame_of(width, height):
    rgb = picture(width, height)
    return np.ascontiguousarray(np.dstack((rgb, np.full((height, width), 255, np.uint8))))


def overlaid(style, width, height, t=1.5, seed=7):
    frame = frame_of(width, height)
    look(style).overlay(frame, t, OverlayContext(width, height, WORDS, seed))
    return frame


def hud_for(width, height, style=None, shots=3):
    scenes = [Scene(text=WORDS, seconds=2.0) for _ in range(shots)]
    return Hud(width, height, scenes, 24, look(style))


def test_there_is_a_look_for_every_style_and_for_none():
    assert set(LOOKS) == {*STYLES, "plain"}
    assert look(None).id == "plain"
    assert look("Hand held").id == "handheld"
    with pytest.raises(UnknownStyle):
        look("baroque")


def test_every_grade_differs_from_every_other_and_repeats():
    source = picture(160, 90)
    before = source.copy()
    graded = {name: one.grade(source) for name, one in LOOKS.items()}
    assert np.array_equal(source, before)
    for name, result in graded.items():
        assert result.shape == source.shape
        assert result.dtype == np.uint8
        assert np.array_equal(result, LOOKS[name].grade(source))
        for other, theirs in graded.items():
            if other != name:
                assert np.abs(result.astype(int) - theirs).mean() > 1.5, (name, other)


def test_every_overlay_differs_from_every_other_and_repeats():
    drawn = {name: overlaid(None if name == "plain" else name, 320, 180) for name in LOOKS}
    for name, result in drawn.items():
        style = None if name == "plain" else name
        assert np.array_equal(result, overlaid(style, 320, 180)), name
        assert (result[..., 3] == 255).all()
        for other, theirs in drawn.items():
            if other != name:
                assert (np.abs(result.astype(int) - theirs).max(axis=2) > 6).mean() > 0.004, (name, other)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("style", [None, *STYLES])
def test_overlays_and_hud_stay_in_bounds(style, size):
    frame = frame_of(*size)
    context = OverlayContext(*size, WORDS, 7)
    hud = hud_for(*size, style)
    for index in range(0, 144, 29):
        look(style).overlay(frame, index / 24, context)
        hud.draw(frame, index // 48, index)
    assert frame.shape == (size[1], size[0], 4)
    assert (frame[..., 3] == 255).all()


def test_overlays_depend_on_time_alone():
    """Frames may be drawn in any order."""
    for name, one in LOOKS.items():
        context = OverlayContext(320, 180, WORDS, 7)
        frames = {}
        for t in (2.0, 0.25, 1.0):
            frames[t] = frame_of(320, 180)
            one.overlay(frames[t], t, context)
        for t, expected in frames.items():
            again = frame_of(320, 180)
            one.overlay(again, t, OverlayContext(320, 180, WORDS, 7))
            assert np.array_equal(again, expected), (name, t)


@pytest.mark.parametrize(
    "style", ["news", "retro", "nostalgic", "festive", "handheld", "kakalaka", "selfie", "anime"]
)
def test_moving_furniture_moves(style):
    one, context = look(style), OverlayContext(320, 180, WORDS, 7)
    frames = []
    for t in np.arange(0, 4, 0.31):
        frame = frame_of(320, 180)
        one.overlay(frame, float(t), context)
        frames.append(frame)
    assert any(not np.array_equal(frames[0], f) for f in frames[1:])


def test_dates_come_from_the_seed_not_from_today(monkeypatch):
    before = [overlaid(style, 320, 180) for style in ("news", "retro", "selfie")]
    monkeypatch.setattr(time, "time", lambda: 0.0)
    after = [overlaid(style, 320, 180) for style in ("news", "retro", "selfie")]
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    assert not np.array_equal(overlaid("retro", 320, 180, seed=7), overlaid("retro", 320, 180, seed=20))


@pytest.mark.parametrize("size", [*SIZES, (1280, 720), (1920, 1080)])
@pytest.mark.parametrize("style", [None, *STYLES])
def test_the_badge_is_on_every_picture_and_legible(style, size):
    width, height = size
    frame = np.zeros((height, width, 4), np.uint8)
    frame[..., 3] = 255
    hud_for(width, height, style).label_only(frame)
    amber = np.abs(frame[..., :3].astype(int) - (255, 214, 120)).max(axis=2) < 12
    ys, xs = np.nonzero(amber)
    assert ys.size, "no badge"
    assert xs.min() >= 0
    assert xs.max() < width
    high = ys.max() - ys.min() + 1
    assert high >= 11
    assert high < max(18, height * 0.25)
    # Dark letters on it.
    inside = frame[ys.min() : ys.max(), xs.min() : xs.max(), :3]
    assert 0.08 < (inside.max(axis=2) < 110).mean() < 0.65


def test_the_badge_says_what_it_is_told():
    plain, other = np.zeros((180, 320, 4), np.uint8), np.zeros((180, 320, 4), np.uint8)
    scene = [Scene(text="x", seconds=1)]
    Hud(320, 180, scene, 24, look(None)).label_only(plain)
    Hud(320, 180, scene, 24, look(None), label="PREVIEW").label_only(other)
    assert not np.array_equal(plain, other)


def test_hud_shows_shot_time_and_progress():
    hud = hud_for(640, 360)
    frames = []
    for shot, index in ((0, 0), (0, 1), (1, 60), (2, 143)):
        frame = frame_of(640, 360)
        hud.draw(frame, shot, index)
        frames.append(frame)
    strip, bar = np.s_[0:50, 0:300], np.s_[-2:, :]
    assert np.array_equal(frames[0][strip], frames[1][strip])  # the same shot
    assert not np.array_equal(frames[1][strip], frames[2][strip])  # another number
    assert not np.array_equal(frames[0][0:50, 300:], frames[1][0:50, 300:])  # the timecode runs
    done = [(np.abs(f[bar][..., :3].astype(int) - (255, 214, 120)).max(axis=2) < 5).mean() for f in frames]
    assert done[0] < done[2] < done[3]
    assert done[3] > 0.97


@pytest.mark.parametrize(
    "text", ["", "   ", "\u200b", "x" * 5000, "猫" * 300, "שלום", "\ud800", "🧬🫠", "a\nb\tc"]
)
@pytest.mark.parametrize("style", [None, "news", "comic"])
def test_any_caption_can_be_drawn(text, style):
    scenes = [Scene(text=text, seconds=1.0)]
    frame = frame_of(320, 180)
    look(style).overlay(frame, 0.5, OverlayContext(320, 180, text, 3))
    Hud(320, 180, scenes, 24, look(style)).draw(frame, 0, 0)
    assert (frame[..., 3] == 255).all()


@pytest.mark.parametrize("size", [(160, 90), (1280, 720), (720, 1280)])
def test_title_card(size):
    width, height = size
    plain = card("", width, height, 5)
    titled = card("quarterly revenue dashboard", width, height, 5)
    noted = card("quarterly revenue dashboard", width, height, 5, "not drawn: quarterly, revenue")
    assert titled.shape == (height, width, 4)
    assert (titled[..., 3] == 255).all()
    assert (np.abs(plain.astype(int) - titled).max(axis=2) > 60).mean() > 0.01
    assert not np.array_equal(titled, noted)
    assert np.array_equal(
        noted, card("quarterly revenue dashboard", width, height, 5, "not drawn: quarterly, revenue")
    )


def test_canvas_is_cut_into_stamps_that_give_the_same_picture():
    canvas = Canvas(200, 120)
    canvas.box(10, 10, 60, 30, (200, 30, 30, 128), radius=5)
    canvas.disc(150, 90, 20, (30, 200, 30))
    canvas.line([(0, 119), (199, 0)], (255, 255, 255), 2)
    whole, parts = frame_of(200, 120), frame_of(200, 120)
    canvas.stamp().lay(whole)
    for stamp in canvas.stamps():
        stamp.lay(parts)
    assert np.array_equal(whole, parts)


def test_stamps_are_cut_off_at_the_frames_edges():
    canvas = Canvas(40, 40)
    canvas.disc(20, 20, 18, (255, 0, 0))
    stamp = canvas.stamp()
    for dx, dy in ((-30, 0), (0, -30), (90, 0), (0, 70), (-500, -500), (500, 500)):
        frame = frame_of(100, 80)
        stamp.lay(frame, dx, dy)
        assert frame.shape == (80, 100, 4)
        assert (frame[..., 3] == 255).all()
