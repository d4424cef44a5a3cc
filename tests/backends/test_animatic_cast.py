"""Everybody of the vocabulary can be put into a picture, and moves."""

from __future__ import annotations

import numpy as np
import pytest

from sora_kit.backends.animatic.cast import troupe
from sora_kit.backends.animatic.cast.glyphs import glyph
from sora_kit.backends.animatic.cast.legs import find_legs
from sora_kit.backends.animatic.cast.roles import role_for
from sora_kit.backends.animatic.cast.wardrobe import dressed
from sora_kit.backends.animatic.light import light_for
from sora_kit.backends.animatic.styles import look
from sora_kit.language.nouns import NOUNS
from sora_kit.language.reading import read_scene
from sora_kit.language.scene import Scene, Subject

HEIGHT = 120


def cast(scene, style=None, seed=1):
    return troupe(scene, light_for(scene, seed), look(style), HEIGHT, np.random.default_rng(seed))


def one(noun, action="", *, word="", colour="", **scene):
    subject = Subject(noun, word or noun, colour)
    return cast(Scene(text=word or noun, subjects=(subject,), action=action, **scene))[0]


def mean_colour(sprite):
    inside = sprite[..., 3] > 200
    return sprite[inside][:, :3].mean(axis=0)


def poses(actor, count=6):
    period = 1 / (actor.rate or 1.0)
    return [actor.sprite(period * i / count) for i in range(count)]


@pytest.mark.parametrize("noun", NOUNS)
def test_every_noun_is_a_visible_actor(noun):
    actor = one(noun)
    sprite = actor.sprite(0.0)
    assert sprite.dtype == np.uint8
    assert sprite.ndim == 3
    assert sprite.shape[2] == 4
    assert role_for(noun).kind != "card"
    # It is drawn, is no rectangle, and is premultiplied: no colour exceeds its alpha.
    covered = (sprite[..., 3] > 128).mean()
    assert 0.02 < covered < 0.90
    assert (sprite[..., :3] <= sprite[..., 3:].astype(np.int16) + 1).all()
    # It has form: more than a flat blot of one colour.
    assert sprite[sprite[..., 3] > 200][:, :3].std() > 4
    # It stands in its sprite, at the size that it says.
    assert 0 < actor.foot[0] < sprite.shape[1]
    assert actor.unit * 0.5 < actor.foot[1] <= sprite.shape[0]
    assert 0.1 < actor.height < 0.8


@pytest.mark.parametrize(
    "noun", ["violin", "banana", "kangaroo", "police_officer", "no such thing", "", "龙"]
)
def test_the_long_tail_and_the_unknown_are_drawn_too(noun):
    sprite = one(noun, word=noun).sprite(0.0)
    assert (sprite[..., 3] > 128).mean() > 0.02


def test_what_nobody_can_draw_is_a_card_with_its_word():
    assert role_for("kangaroo").kind == "card"
    assert role_for("violin").kind == "symbol"
    assert role_for("police_officer").kind == "person"
    assert not np.array_equal(one("kangaroo").sprite(0), one("lighthouse").sprite(0))


@pytest.mark.parametrize(
    ("noun", "action"),
    [
        ("person", "run"),
        ("person", "walk"),
        ("person", "dance"),
        ("dog", "run"),
        ("cat", "walk"),
        ("horse", "gallop"),
        ("bird", "fly"),
        ("butterfly", "fly"),
        ("fish", "swim"),
        ("car", "drive"),
        ("cyclist", "cycle"),
        ("rider", "ride"),
    ],
)
def test_poses_change_over_time(noun, action):
    actor = one(noun, action)
    assert actor.rate > 0
    first, *later = poses(actor)
    assert any(np.abs(first.astype(int) - p).mean() > 0.5 for p in later)
    assert all(p.shape == first.shape for p in later)


@pytest.mark.parametrize("noun", ["dog", "cat", "horse", "cow", "camel"])
def test_quadrupeds_walk_on_legs_not_as_one_rigid_drawing(noun):
    actor = one(noun, "run")
    alphas = [p[..., 3].astype(int) for p in poses(actor)]
    change = np.abs(np.diff(alphas, axis=0)).mean(axis=(0, 2))
    foot, top = round(actor.foot[1]), round(actor.foot[1] - actor.unit)
    legs, back = change[foot - round(0.35 * actor.unit) : foot], change[top : top + round(0.35 * actor.unit)]
    assert legs.mean() > 4 * back.mean()


def test_legs_are_found_where_they_are():
    shape = glyph("🐕")
    legs = find_legs(shape.fill[:, ::-1] / np.float32(255), shape.line[:, ::-1] / np.float32(255))
    assert len(legs) == 4
    assert all(leg.root[1] > shape.fill.shape[0] * 0.5 for leg in legs)
    assert len({leg.phase for leg in legs}) > 2


@pytest.mark.parametrize("action", ["run", "jump", "fly", "skydive", "play", "land", "swim"])
def test_bodies_move(action):
    actor = one("cat", action)
    seen = np.array([actor.motion(t / 10) for t in range(20)])
    assert np.isfinite(seen).all()
    assert seen.std(axis=0).max() > 0.005
    assert np.abs(seen[:, :2]).max() < 1.5
    assert ((seen[:, 3] > 0.8) & (seen[:, 3] < 1.2)).all()


def test_a_count_gives_that_many_and_they_differ():
    scene = Scene(text="three penguins", subjects=(Subject("penguin", "penguins", count=3),))
    actors = cast(scene)
    assert [a.noun for a in actors] == ["penguin"] * 3
    assert len({a.phase for a in actors}) == 3
    assert len({a.height for a in actors}) > 1


def test_the_prompts_colour_is_worn():
    red, blue = (mean_colour(one("car", colour=c).sprite(0)) for c in ("#c83f35", "#3f74b8"))
    assert red[0] > blue[0] + 20
    assert blue[2] > red[2] + 20
    coat = [
        mean_colour(one("person", word="woman in a coat", colour=c).sprite(0)) for c in ("#c83f35", "#3f74b8")
    ]
    assert coat[0][0] > coat[1][0] + 15


def test_actors_are_lit_by_their_shot():
    day, night = (mean_colour(one("cow", time=t).sprite(0)) for t in ("day", "night"))
    assert night.mean() < day.mean() * 0.75


def test_they_look_where_they_go():
    forward, back = one("horse", "run"), one("horse", "run", camera="pan left")
    assert (forward.faces, back.faces) == ("right", "left")
    a, b = forward.sprite(0)[..., 3] > 128, back.sprite(0)[..., 3] > 128
    width = min(a.shape[1], b.shape[1])
    assert (a[:, :width] == b[:, ::-1][:, :width]).mean() > 0.98


def test_flying_and_floating():
    assert one("bird").mode == "fly"
    assert one("bird", "sit").mode == "stand"
    assert one("cat", "skydive").mode == "fly"
    assert one("cat", setting="space").mode == "float"
    assert one("boat").mode == "float"
    assert one("cat").mode == "stand"
    assert not one("bird").shadow


def test_same_seed_same_picture():
    scene = Scene(text="a dog", subjects=(Subject("dog", "dog"),), action="run")
    a, b, other = cast(scene), cast(scene), cast(scene, seed=2)
    assert np.array_equal(a[0].sprite(0.4), b[0].sprite(0.4))
    assert not np.array_equal(a[0].sprite(0.4), other[0].sprite(0.4))


def test_poses_are_kept_but_not_without_end():
    actor = one("person", "run")
    assert actor.sprite(0.0) is actor.sprite(0.0)
    for i in range(200):
        actor.sprite(i * 0.013)
    assert len(actor._kept) <= 24


def test_faces_are_not_blank():
    """Where the head is, a person has dark and light details on the skin."""
    scene = Scene(text="a man", subjects=(Subject("person", "man"),), framing="close-up")
    actor = troupe(scene, light_for(scene, 1), look(None), 400, np.random.default_rng(1))[0]
    sprite = actor.sprite(0.0)
    top = round(actor.foot[1] - actor.unit)
    head = sprite[top : top + round(0.16 * actor.unit)]
    skin = head[head[..., 3] > 250][:, :3].astype(int)
    assert (skin.min(axis=1) > 200).any()  # the white of the eye
    assert (skin.max(axis=1) < 60).any()  # pupil, brow


def test_words_dress_people():
    assert dressed("woman", "a woman in a red coat", "").over == "coat"
    assert dressed("wizard", "an old wizard", "").hat == "point"
    assert dressed("wizard", "an old wizard", "").beard
    assert dressed("astronaut", "", "").suit
    assert dressed("boy", "", "").child
    assert not dressed("king", "she sees the king", "").slim
    assert dressed("女孩", "", "").slim


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A girl rides a bicycle along the beach", ["cyclist"]),
        ("A man cycles on a bicycle", ["cyclist"]),
        ("A boy on a bike", ["cyclist"]),
        ("Two girls ride horses", ["rider", "rider"]),
        ("a cowboy on a horse", ["rider"]),
        ("A woman drives a motorcycle at night", ["motorcycle"]),
        ("A girl and a horse", ["person", "horse"]),
        ("A boy rides a bike past a dog", ["cyclist", "dog"]),
    ],
)
def test_who_rides_is_one_with_the_mount(text, expected):
    assert [actor.noun for actor in cast(read_scene(text))] == expected


def test_the_mount_has_its_own_colour():
    brown, white = (cast(read_scene(f"A girl rides a {c} horse"))[0].sprite(0.0) for c in ("", "white"))
    assert mean_colour(white).mean() > mean_colour(brown).mean() + 15
    red, blue = (cast(read_scene(f"A girl rides a {c} bicycle"))[0].sprite(0.0) for c in ("red", "blue"))
    assert not np.array_equal(red, blue)
    assert np.array_equal(red[..., 3], blue[..., 3])


def test_a_kite_is_in_the_air_and_its_boy_is_not():
    boy, kite = cast(read_scene("A boy flies a red kite on a hill"))
    assert (boy.mode, kite.mode) == ("stand", "fly")
    assert kite.sprite(0.0)[..., 3].max() > 200
