"""The joints of the lay-figure: how a person holds their limbs at each moment of a cycle.

Angles are in degrees. A limb that hangs straight down is at 0; positive angles lift it forwards (to
the right, the way the figure looks). ``elbow`` and ``knee`` are the angles of the lower arm and lower
leg themselves, not relative to the upper ones. The near side is the one towards the viewer.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

__all__ = ("CYCLES", "Pose", "Stance", "pose_at", "stance_for")

Stance = Literal[
    "stand", "walk", "run", "dance", "jump", "float", "sit", "swim", "surf", "cycle", "ride", "gesture",
    "hold", "wave", "fight",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pose:
    """One moment."""

    hip: tuple[float, float] = (2.0, -4.0)
    """Upper legs, near and far."""

    knee: tuple[float, float] = (0.0, -6.0)
    """Lower legs, near and far."""

    arm: tuple[float, float] = (-6.0, 8.0)
    """Upper arms, near and far."""

    elbow: tuple[float, float] = (6.0, 22.0)
    """Lower arms, near and far."""

    lean: float = 0.0
    """Torso, forwards."""

    nod: float = 0.0
    """Head, forwards, relative to the torso."""

    rise: float = 0.0
    """How far the body leaves the ground, in heights."""

    lying: float = 0.0
    """Turn of the whole body, forwards."""


def _wave(phase: float, late: float = 0.0) -> float:
    return math.sin(2 * math.pi * (phase + late))


def _stand(p: float) -> Pose:
    breath = _wave(p)
    return Pose(arm=(-5 + breath, 9 - breath), elbow=(6 + 2 * breath, 24), nod=1.2 * breath)


def _walk(p: float) -> Pose:
    s, o = _wave(p), _wave(p, 0.5)
    bend, other = max(0.0, _wave(p, 0.30)), max(0.0, _wave(p, 0.80))
    return Pose(
        hip=(25 * s, 25 * o),
        knee=(25 * s - 6 - 34 * bend, 25 * o - 6 - 34 * other),
        arm=(-22 * s, -22 * o),
        elbow=(-22 * s + 20, -22 * o + 20),
        lean=2.5,
        rise=0.012 * abs(math.cos(2 * math.pi * p)),
    )


def _run(p: float) -> Pose:
    s, o = _wave(p), _wave(p, 0.5)
    bend, other = max(0.0, _wave(p, 0.32)), max(0.0, _wave(p, 0.82))
    return Pose(
        hip=(12 + 46 * s, 12 + 46 * o),
        knee=(46 * s - 14 - 78 * bend, 46 * o - 14 - 78 * other),
        arm=(-44 * s, -44 * o),
        elbow=(-44 * s + 86, -44 * o + 86),
        lean=12,
        nod=-7,
        rise=0.045 * abs(math.cos(2 * math.pi * p)),
    )


def _dance(p: float) -> Pose:
    s, d = _wave(p), _wave(2 * p)
    return Pose(
        hip=(20 * s + 8, -20 * s - 4),
        knee=(20 * s - 18 - 16 * d, -20 * s - 14 + 16 * d),
        arm=(118 + 36 * s, 96 - 44 * s),
        elbow=(160 + 30 * d, 140 - 34 * d),
        lean=7 * s,
        nod=-6 * s,
        rise=0.030 * abs(d),
    )


def _jump(p: float) -> Pose:
    s = _wave(p)
    return Pose(
        hip=(44 + 6 * s, 12),
        knee=(-34, -52 - 8 * s),
        arm=(150 + 8 * s, 128 - 8 * s),
        elbow=(168, 150),
        nod=-8,
    )


def _float(p: float) -> Pose:
    s, o = _wave(p), _wave(p, 0.27)
    return Pose(
        hip=(22 + 8 * s, 6 + 9 * o),
        knee=(-22 + 12 * s, -38 + 10 * o),
        arm=(56 + 13 * o, -34 + 10 * s),
        elbow=(84 + 16 * s, -16 + 12 * o),
        lean=6 + 3 * s,
        nod=-5,
    )


def _sit(p: float) -> Pose:
    breath = _wave(p)
    return Pose(
        hip=(86, 80),
        knee=(4, -6),
        arm=(24 + breath, 30),
        elbow=(62, 66 - 2 * breath),
        lean=-5,
        nod=3 * breath,
    )


def _swim(p: float) -> Pose:
    s, kick = _wave(p), _wave(3 * p)
    return Pose(
        hip=(14 * kick, -14 * kick),
        knee=(14 * kick - 10, -14 * kick - 10),
        arm=(90 + 90 * _wave(p), 90 + 90 * _wave(p, 0.5)),
        elbow=(112 + 74 * _wave(p, 0.06), 112 + 74 * _wave(p, 0.56)),
        lean=0,
        nod=-38 + 5 * s,
        lying=72,
    )


def _surf(p: float) -> Pose:
    s = _wave(p)
    return Pose(
        hip=(50 + 5 * s, -26 - 4 * s),
        knee=(-6 + 4 * s, -52 - 4 * s),
        arm=(82 + 9 * s, -76 + 9 * s),
        elbow=(94 + 12 * s, -92 + 12 * s),
        lean=20 + 4 * s,
        nod=-12,
    )


def _cycle(p: float) -> Pose:
    # Feet go round with the pedals: hip and knee of a crank, a quarter turn apart.
    def leg(q: float) -> tuple[float, float]:
        lift = _wave(q)
        return 52 + 24 * lift, -12 + 22 * _wave(q, -0.22) - 10 * lift

    near, far = leg(p), leg(p + 0.5)
    return Pose(
        hip=(near[0], far[0]),
        knee=(near[1], far[1]),
        arm=(62, 58),
        elbow=(74, 72),
        lean=34,
        nod=-26,
    )


def _ride(p: float) -> Pose:
    s = _wave(p)
    return Pose(
        hip=(48, 42), knee=(-26, -30), arm=(38 + 6 * s, 34 + 6 * s), elbow=(78, 74), lean=14 + 5 * s, nod=-8
    )


def _gesture(p: float) -> Pose:
    s, d = _wave(p), _wave(2 * p, 0.1)
    return Pose(arm=(26 + 8 * s, 30 - 10 * d), elbow=(86 + 16 * d, 74 - 22 * s), nod=4 * d, lean=1.5 * s)


def _hold(p: float) -> Pose:
    s = _wave(p)
    return Pose(arm=(30 + 2 * s, 36), elbow=(98 + 4 * s, 96 - 3 * s), nod=12 + 2 * s, lean=3)


def _greet(p: float) -> Pose:
    d = _wave(2 * p)
    return Pose(arm=(-5, 138 + 4 * d), elbow=(8, 172 + 24 * d), nod=-3)


def _fight(p: float) -> Pose:
    punch = max(0.0, _wave(p)) ** 2
    return Pose(
        hip=(24, -20),
        knee=(2, -34),
        arm=(52 + 34 * punch, 40),
        elbow=(128 - 40 * punch, 132),
        lean=10 + 8 * punch,
    )


CYCLES: dict[Stance, tuple[Callable[[float], Pose], int, float]] = {
    # stance: (pose at a phase, poses per cycle, cycles per second)
    "stand": (_stand, 8, 0.28),
    "walk": (_walk, 16, 1.0),
    "run": (_run, 14, 1.6),
    "dance": (_dance, 16, 0.8),
    "jump": (_jump, 6, 0.8),
    "float": (_float, 16, 0.26),
    "sit": (_sit, 8, 0.26),
    "swim": (_swim, 16, 0.6),
    "surf": (_surf, 12, 0.5),
    "cycle": (_cycle, 12, 1.1),
    "ride": (_ride, 8, 1.6),
    "gesture": (_gesture, 16, 0.5),
    "hold": (_hold, 8, 0.4),
    "wave": (_greet, 12, 0.8),
    "fight": (_fight, 12, 1.2),
}

_STANCES: dict[str, Stance] = {
    "run": "run",
    "chase": "run",
    "walk": "walk",
    "crawl": "walk",
    "climb": "walk",
    "dance": "dance",
    "play": "gesture",
    "jump": "jump",
    "fly": "float",
    "skydive": "float",
    "fall": "float",
    "swim": "swim",
    "surf": "surf",
    "ski": "surf",
    "cycle": "cycle",
    "ride": "ride",
    "gallop": "ride",
    "sit": "sit",
    "sleep": "sit",
    "sing": "gesture",
    "talk": "gesture",
    "laugh": "gesture",
    "cook": "hold",
    "work": "hold",
    "read": "hold",
    "write": "hold",
    "eat": "hold",
    "drink": "hold",
    "cry": "hold",
    "hug": "hold",
    "wave": "wave",
    "fight": "fight",
}


def stance_for(action: str) -> Stance:
    """The stance that shows an action; standing if none does."""
    return _STANCES.get(action, "stand")


def pose_at(stance: Stance, phase: float) -> Pose:
    """The joints at a moment of a stance's cycle.

    Args:
        stance: Which cycle.
        phase: In turns.
    """
    if stance not in get_args(Stance):
        raise ValueError(f"no stance is called {stance!r}")
    return CYCLES[stance][0](phase % 1)
