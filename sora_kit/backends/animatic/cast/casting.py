"""Chooses, draws and directs the actors of a scene."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sora_kit.backends.animatic.cast.actor import Actor, Drawing, Mode, Side
from sora_kit.backends.animatic.cast.card import Card
from sora_kit.backends.animatic.cast.engraving import Engraving, Gait
from sora_kit.backends.animatic.cast.figure import Figure
from sora_kit.backends.animatic.cast.motion import motion_for
from sora_kit.backends.animatic.cast.mount import mounted
from sora_kit.backends.animatic.cast.parts import PartsDrawing
from sora_kit.backends.animatic.cast.plate import Painter
from sora_kit.backends.animatic.cast.poses import Stance, stance_for
from sora_kit.backends.animatic.cast.rider import Rider
from sora_kit.backends.animatic.cast.roles import Role, role_for
from sora_kit.backends.animatic.cast.things import THINGS
from sora_kit.backends.animatic.cast.vehicles import VEHICLES
from sora_kit.backends.animatic.cast.wardrobe import dressed
from sora_kit.backends.animatic.light import Light
from sora_kit.backends.animatic.styles import Look
from sora_kit.language.scene import Scene, Subject

__all__ = ("FRAMINGS", "troupe")

FRAMINGS = {"wide": 0.62, "medium": 1.1, "close-up": 1.7}
"""How large actors appear at each framing, against their `Actor.height`; sprites are painted at that size."""

_RUNNING = ("run", "gallop", "chase")
_WALKING = ("walk", "climb", "crawl", "swim")  # whoever swims on the spot paddles
_GOING = (
    *_RUNNING,
    *_WALKING,
    "fly",
    "swim",
    "drive",
    "jump",
    "sail",
    "ride",
    "cycle",
    "surf",
    "ski",
    "skydive",
)
_AIRBORNE = ("fly", "skydive", "fall")
_WEIGHTLESS = ("space", "underwater")
_SMALLEST, _LARGEST = 16, 1100  # pixels that a sprite's height is kept within


@dataclass(frozen=True, slots=True)
class _Part:
    """One actor's place in the scene, before it is drawn."""

    subject: Subject
    role: Role
    action: str
    mode: Mode
    faces: Side
    member: int
    phase: float
    height: float
    mount: str = ""
    """Colour of what it rides."""


def troupe(scene: Scene, light: Light, look: Look, height: int, rng: np.random.Generator) -> list[Actor]:
    """The actors of a scene, in order of mention; a subject with a count gives that many.

    Args:
        scene: Who is in it and what they do.
        light: They are painted in it.
        look: Its grade is baked into them.
        height: Of the frame in pixels; sprites are painted as large as they appear.
        rng: Decides texture, sides and small differences within a group.
    """
    scene, mount = mounted(scene)
    actors = []
    for order, subject in enumerate(scene.subjects):
        role = role_for(subject.noun)
        for member in range(max(1, min(subject.count, 5))):
            part = _directed(scene, subject, role, order, member, rng)
            if order == 0:
                part = replace(part, mount=mount)
            size = round(height * part.height * FRAMINGS[scene.framing])
            size = min(_LARGEST, max(_SMALLEST, size))
            painter = Painter(light, look, int(rng.integers(2**31)))
            actors.append(_cast(scene, part, size, painter))
    return actors


def _directed(
    scene: Scene, subject: Subject, role: Role, order: int, member: int, rng: np.random.Generator
) -> _Part:
    # The verb belongs to the first subject; others of its kind join in ("a boy and a dog walk").
    living_lead = bool(scene.subjects) and role_for(scene.subjects[0].noun).living
    joins = order == 0 or (role.living and living_lead)
    action = scene.action if joins else ""
    if scene.camera == "track" and not action and (role.wheels or role.kind == "person"):
        action = "drive" if role.wheels else "walk" if role.stance is None else ""
    mode = role.mode
    if mode == "stand" and (scene.setting in _WEIGHTLESS and (role.living or scene.setting == "space")):
        mode = "float"
    if mode == "stand" and (action in _AIRBORNE or scene.setting == "sky"):
        mode = "fly"
    if mode == "fly" and role.living and action in ("sit", "stand", "sleep", "walk", "sing", "eat"):
        mode = "stand"
    goes = action in _GOING or scene.camera == "track" or (role.stance in ("run", "cycle", "surf", "swim"))
    faces: Side = "right" if goes or (order + member) % 2 == 0 else "left"
    if scene.camera == "pan left" and goes:
        faces = "left"
    beside = _beside_people(scene, subject, role)
    scale = beside if member == 0 else beside * float(rng.uniform(0.82, 0.95))
    phase = (0.37 * member + 0.21 * order + float(rng.uniform(0, 0.05))) % 1
    return _Part(subject, role, action, mode, faces, member, phase, role.height * scale)


def _beside_people(scene: Scene, subject: Subject, role: Role) -> float:
    """Heights are chosen so that each subject fills a frame alone; next to people they are natural."""
    others = (role_for(other.noun).kind for other in scene.subjects if other is not subject)
    if role.kind in ("person", "rider") or not any(kind in ("person", "rider") for kind in others):
        return 1.0
    if role.wheels and role.mode == "stand":
        return 1.3
    return 0.70 if role.height < 0.42 else 1.0


def _cast(scene: Scene, part: _Part, size: int, painter: Painter) -> Actor:
    role, action = part.role, part.action
    colour = part.subject.colour or role.colour
    rate = 0.0
    drawing: Drawing
    if role.kind == "person":
        figure = _person(scene, part, size, painter)
        drawing, rate = figure, figure.rate
    elif role.kind == "rider":
        rider = Rider(
            dressed(part.subject.word, scene.text, part.subject.colour, part.member),
            part.mount or role.colour,
            size,
            painter,
            faces=part.faces,
        )
        drawing, rate = rider, rider.rate
        action = "gallop"
    elif role.kind == "parts":
        model = {**VEHICLES, **THINGS}[role.symbol]
        drawing = PartsDrawing(model, colour, size, painter, faces=part.faces if role.looks else "right")
        moving = not role.wheels or action in _GOING or role.mode != "stand" or scene.camera == "track"
        rate = model.rate if moving else 0.0
        action = "drive" if moving and role.wheels and part.mode == "stand" else action
    elif role.kind == "card":
        drawing = Card(part.subject.word or part.subject.noun, colour, size, painter)
    else:
        drawing, rate = _symbol(part, colour, size, painter)
    return Actor(
        drawing,
        height=part.height,
        mode=part.mode,
        faces=part.faces,
        shadow=part.mode == "stand",
        rate=rate,
        phase=part.phase,
        motion=motion_for(
            action,
            part.mode,
            phase=part.phase,
            rate=rate or 1.0,
            figure=role.kind == "person",
            living=role.living,
        ),
        noun=part.subject.noun,
    )


def _person(scene: Scene, part: _Part, size: int, painter: Painter) -> Figure:
    role = part.role
    stance: Stance = stance_for(part.action)
    if stance == "stand" and role.stance is not None:
        stance = role.stance
    if part.mode in ("fly", "float") and stance in ("stand", "walk", "run", "sit"):
        stance = "float"
    if role.prop and stance not in ("stand", "wave"):
        stance = role.stance or stance
    prop = role.prop or {"surf": "board", "cycle": "bicycle", "sit": "stool"}.get(stance, "")
    if stance == "ride":
        stance, prop = "sit", "stool"
    word = (
        "astronaut"
        if part.subject.noun == "astronaut"
        else f"{part.subject.noun.replace('_', ' ')} {part.subject.word}"
    )
    who = dressed(word, scene.text, part.subject.colour, part.member)
    return Figure(who, stance, size, painter, faces=part.faces, prop=prop, prop_colour=part.mount)


def _symbol(part: _Part, colour: str, size: int, painter: Painter) -> tuple[Engraving, float]:
    role, action = part.role, part.action
    gait: Gait = ""
    if role.legs and part.mode == "stand":
        gait = "run" if action in _RUNNING else "walk" if action in (*_WALKING, "play", "dance") else ""
    life = role.life
    if role.mode == "fly" and part.mode == "stand" and role.aloft:
        role, life = replace(role, symbol="🐦", looks="left"), None
    if role.legs and part.mode in ("fly", "float") and not life:
        gait = "walk"  # paddles in the air
    drawing = Engraving(
        role.symbol,
        colour,
        size,
        painter,
        looks=role.looks,
        faces=part.faces,
        life=life,
        gait=gait,
        accent=role.accent,
        heavy=role.heavy,
        horn=role.horn,
        gap=role.gap,
        bust=role.bust,
    )
    if gait:
        return drawing, {"run": 2.0, "walk": 1.0 if part.mode == "stand" else 0.7}[gait]
    rates = {"swim": 0.7, "flutter": 3.0, "wings": 1.4, "sway": 0.3, "trail": 0.5, "flame": 1.5}
    return drawing, rates[life] if life else 0.0
