"""What the animatic draws: places, light, styles, seeds, framing, stills and reference pictures."""

from __future__ import annotations

import dataclasses
from typing import get_args

import numpy as np
import pytest

from sora_kit.backends.animatic import still
from sora_kit.backends.animatic.compose import ShotPainter
from sora_kit.backends.animatic.particles import KINDS, Particles
from sora_kit.backends.animatic.picture import PicturePainter, fitted_picture, focal_point
from sora_kit.backends.animatic.reel import Take, cut
from sora_kit.backends.animatic.sets import SETS
from sora_kit.backends.animatic.sound import RATE, ambience
from sora_kit.backends.animatic.styles import look
from sora_kit.language import STYLES, Request, Scene, Subject
from sora_kit.language.scene import Camera, Setting, Time

CAT = (Subject("cat", "cat"),)


def drawn(
    scene: Scene, t: float = 1.0, seed: int = 1, style: str | None = None, size=(320, 180)
) -> np.ndarray:
    take = Take(scene, 48, 2.0, seed)
    return ShotPainter(take, *size, look(style)).draw(t)


def apart(a: np.ndarray, b: np.ndarray) -> float:
    """Mean difference of two frames in grey levels."""
    return float(np.abs(a[..., :3].astype(int) - b[..., :3]).mean())


def test_every_setting_has_a_set():
    assert set(SETS) == set(get_args(Setting))


@pytest.mark.parametrize("setting", get_args(Setting))
def test_every_setting_draws_a_full_picture(setting: str):
    frame = drawn(Scene("a cat", setting=setting, subjects=CAT))
    assert frame.shape == (180, 320, 4)
    assert frame[..., 3].min() == 255
    assert frame[..., :3].std() > 8
    night = drawn(Scene("a cat", setting=setting, time="night", subjects=CAT))
    if setting != "space":  # where it is always night
        assert night[..., :3].mean() < frame[..., :3].mean() - 8


def test_settings_look_different_from_each_other():
    frames = [drawn(Scene("", setting=s), size=(160, 90)) for s in get_args(Setting)]
    pairs = [apart(a, b) for i, a in enumerate(frames) for b in frames[:i]]
    assert min(pairs) > 6


@pytest.mark.parametrize("time", get_args(Time))
@pytest.mark.parametrize("size", [(180, 320), (160, 160)])
def test_all_times_and_shapes_draw(time: str, size: tuple[int, int]):
    frame = drawn(Scene("", setting="meadow", time=time, subjects=CAT, framing="close-up"), size=size)
    assert frame.shape == (size[1], size[0], 4)
    assert frame[..., :3].std() > 5


def test_the_same_seed_gives_the_same_picture_and_another_one_another():
    scene = Scene("a cat in a forest", setting="forest", subjects=CAT)
    assert np.array_equal(drawn(scene), drawn(scene))
    assert apart(drawn(scene), drawn(scene, seed=2)) > 3


def test_frames_may_be_drawn_in_any_order():
    painter = ShotPainter(
        Take(Scene("", setting="beach", weather="rain", subjects=CAT), 48, 2.0, 3), 160, 90, look(None)
    )
    first = painter.draw(0.5)
    painter.draw(1.9)
    painter.draw(0.0)
    assert np.array_equal(first, painter.draw(0.5))


def test_styles_look_different():
    scene = Scene("a cat", setting="meadow", subjects=CAT)
    frames = {s: drawn(scene, style=s, size=(160, 90)) for s in (None, *STYLES)}
    values = list(frames.values())
    pairs = [apart(a, b) for i, a in enumerate(values) for b in values[:i]]
    assert min(pairs) > 2


def test_a_close_up_shows_the_subject_larger():
    empty = {f: drawn(Scene("", setting="stage", framing=f, camera="static")) for f in ("wide", "close-up")}
    with_cat = {
        f: drawn(Scene("", setting="stage", framing=f, camera="static", subjects=CAT))
        for f in ("wide", "close-up")
    }
    covered = {f: np.mean(np.abs(empty[f].astype(int) - with_cat[f]).max(axis=2) > 25) for f in empty}
    assert covered["close-up"] > 3 * covered["wide"] > 0


@pytest.mark.parametrize("size", [(180, 320), (320, 180)])
def test_several_subjects_stay_in_the_frame(size: tuple[int, int]):
    horses = (Subject("horse", "horses", count=2), Subject("dog", "dog"))
    painter = ShotPainter(Take(Scene("", setting="meadow", subjects=horses), 48, 2.0, 3), *size, look(None))
    margin = (painter._stage.canvas_width - size[0]) / 2
    for mark in painter._marks:
        assert mark.x - mark.reach * 0.5 > margin - 0.12 * size[0]
        assert mark.x + mark.reach * 0.5 < margin + 1.12 * size[0]


def test_a_runner_stays_in_place_while_the_ground_runs():
    scene = Scene("", setting="meadow", camera="track", action="run", subjects=CAT)
    painter = ShotPainter(Take(scene, 240, 10.0, 3), 320, 180, look(None))
    assert painter._move(10.0).travelled > 2
    assert apart(painter.draw(1.0), painter.draw(9.0)) > 4


def test_words_change_the_picture():
    request = Request("image", "a dog in a forest", "m")
    other = Request("image", "a red car in a city street at night", "m")
    assert apart(still(request, 192, 108), still(other, 192, 108)) > 20


def test_a_still_has_its_size_and_follows_the_style():
    request = Request("video", "a cat in a meadow", "m", seconds=5, style="comic")
    picture = still(request, 192, 108)
    assert picture.shape == (108, 192, 3)
    assert apart(picture, still(request, 192, 108, "anime")) > 3


def test_what_is_not_understood_becomes_a_card_with_its_words():
    asked = still(Request("image", "quarterly revenue dashboard", "m"), 320, 180)
    other = still(Request("image", "quarterly expense dashboard", "m"), 320, 180)
    assert apart(asked, other) > 0.5
    assert asked.max() > 200  # letters


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_particles_are_seen_and_move(kind: str):
    black = np.zeros((180, 320, 4), np.uint8)
    particles = Particles(kind, 320, 180, np.random.default_rng(1))
    first, later = black.copy(), black.copy()
    particles.draw(first, 0.5)
    particles.draw(later, 1.5)
    assert first[..., :3].max() > 20
    assert not np.array_equal(first, later)


def picture(width: int, height: int) -> np.ndarray:
    """A gradient with a bright spot in its right third."""
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[..., 2] = np.linspace(40, 160, width)[None]
    rgb[..., 1] = np.linspace(30, 90, height)[:, None]
    y, x = height // 3, width * 2 // 3
    rgb[y - height // 12 : y + height // 12, x - width // 12 : x + width // 12] = (250, 210, 60)
    return rgb


def test_the_focal_point_is_what_stands_out():
    x, y = focal_point(picture(300, 200))
    assert 0.55 < x < 0.75
    assert 0.22 < y < 0.5


@pytest.mark.parametrize("camera", get_args(Camera))
def test_image_to_video_starts_exactly_on_the_picture_and_moves(camera: str):
    source = picture(640, 360)
    take = Take(Scene("", camera=camera), 48, 2.0, 1)
    painter = PicturePainter(source, take, 320, 180, look(None))
    first = painter.draw(0.0)
    assert apart(first, fitted_picture(source, 320, 180)) < 2.5
    moved = apart(first, painter.draw(2.0))
    assert moved < 0.5 if camera == "static" else moved > 0.3


@pytest.mark.parametrize(("size", "frame"), [((200, 600), (320, 180)), ((600, 200), (180, 320))])
def test_a_picture_of_another_shape_is_shown_whole(size: tuple[int, int], frame: tuple[int, int]):
    source = np.full((size[1], size[0], 3), 128, np.uint8)
    source[:30], source[-30:] = (255, 0, 0), (0, 255, 0)
    source[:, :30], source[:, -30:] = (0, 0, 255), (255, 255, 0)
    first = (
        PicturePainter(source, Take(Scene(""), 24, 1.0, 1), *frame, look(None)).draw(0.0)[..., :3].astype(int)
    )
    for colour in ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)):
        assert (np.abs(first - colour).max(axis=2) < 40).sum() > 20


def test_sound_has_the_length_of_the_film_and_is_quiet_and_repeatable():
    scenes = [
        Scene("a", 1.3, setting="ocean"),
        Scene("b", 0.9, setting="street", weather="rain", time="night"),
    ]
    takes = cut(scenes, 7, 24)
    sound = ambience(takes)
    assert sound.shape == (round(2.2 * RATE), 2)
    assert sound.dtype == np.float32
    assert 0.01 < np.abs(sound).max() < 0.5
    assert np.array_equal(sound, ambience(takes))
    assert np.abs(sound[:10]).max() < 0.01  # fades in
    dry = ambience(cut([dataclasses.replace(s, weather="") for s in scenes], 7, 24))
    assert not np.array_equal(sound, dry)


def test_by_night_it_is_the_same_place():
    """Edges of the land stay where they are; only the light changes."""

    def outline(time: Time) -> np.ndarray:
        scene = Scene("a desert", setting="desert", time=time)
        scenery = ShotPainter(Take(scene, 48, 2.0, 4), 320, 180, look(None))._scenery
        return np.concatenate([(layer.image[..., 3] > 128).ravel() for layer in scenery.back[1:]])

    day, night = outline("day"), outline("night")
    assert day.shape == night.shape
    assert np.mean(day != night) < 0.01
