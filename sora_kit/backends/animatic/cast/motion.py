"""How an actor as a whole moves through its shot: bobbing, jumping, hovering, breathing.

Legs and wings move in the drawing itself; this is the weight of the body that goes with them. All
values are in heights of the actor, so a mouse hops lower than a horse.
"""

from __future__ import annotations

import math

from sora_kit.backends.animatic.cast.actor import Motion, still

__all__ = ("motion_for",)

_RUN = ("run", "gallop", "chase")
_AIR = ("fly", "skydive", "fall", "rise")
_LIVELY = ("play", "dance", "laugh", "fight")
_WHEELS = ("drive", "cycle")


def motion_for(
    action: str,
    mode: str,
    *,
    phase: float = 0.0,
    rate: float = 1.0,
    figure: bool = False,
    living: bool = True,
) -> Motion:
    """The motion for an action.

    Args:
        action: Verb stem of the scene, or empty.
        mode: How the actor is held (``stand``, ``fly``, ``float``).
        phase: Offset in turns, so that several actors do not move as one.
        rate: Pose cycles per second of the drawing; bobbing keeps in step with it.
        figure: Whether it is a lay-figure, whose poses already hold the bobbing.
        living: Whether it breathes when it stands.
    """
    late = phase * 2 * math.pi
    turn = 2 * math.pi * rate

    def run(t: float) -> tuple[float, float, float, float]:
        step = turn * t + late
        return 0.0, -abs(math.sin(step / 2 + 0.4)) * 0.085, 4.0 * math.sin(step), 1 + 0.030 * math.sin(step)

    def walk(t: float) -> tuple[float, float, float, float]:
        step = turn * t + late
        return 0.0, -abs(math.sin(step)) * 0.014, 0.8 * math.sin(step), 1.0

    def jump(t: float) -> tuple[float, float, float, float]:
        share = (t * 0.8 + phase) % 1
        crouch = max(0.0, 1 - share / 0.12) + max(0.0, (share - 0.9) / 0.1)
        return 0.0, -4 * share * (1 - share) * 0.42, 6 * (0.5 - share), 1 - 0.10 * min(1.0, crouch)

    def land(t: float) -> tuple[float, float, float, float]:
        drop = math.exp(-3.2 * t)
        squash = math.exp(-((t - 0.75) ** 2) / 0.02)
        return 0.0, -0.9 * drop * (t < 0.75), 0.0, 1 - 0.10 * squash + 0.008 * math.sin(2.2 * t + late)

    def lively(t: float) -> tuple[float, float, float, float]:
        beat = 3.1 * t + late
        hop = abs(math.sin(beat * 2))
        return 0.05 * math.sin(beat), -0.06 * hop, 6 * math.sin(beat), 1 + 0.03 * math.sin(beat * 4)

    def fly(t: float) -> tuple[float, float, float, float]:
        beat = t + late
        return 0.05 * math.sin(1.1 * beat), 0.06 * math.sin(1.9 * beat), 3 * math.sin(1.3 * beat), 1.0

    def skydive(t: float) -> tuple[float, float, float, float]:
        beat = t + late
        tumble = -16 + 12 * math.sin(1.1 * beat)
        return 0.06 * math.sin(1.3 * beat), 0.05 * math.sin(2.7 * beat), tumble, 1.0

    def rise(t: float) -> tuple[float, float, float, float]:
        return 0.01 * math.sin(23 * t), -0.16 * t * t, 0.6 * math.sin(19 * t), 1.0

    def swim(t: float) -> tuple[float, float, float, float]:
        beat = t + late
        return 0.04 * math.sin(0.9 * beat), 0.045 * math.sin(1.7 * beat), 2.5 * math.sin(1.2 * beat), 1.0

    def drive(t: float) -> tuple[float, float, float, float]:
        beat = t + late
        return 0.0, -0.008 * abs(math.sin(9 * beat)), 0.35 * math.sin(4.3 * beat), 1.0

    def bob(t: float) -> tuple[float, float, float, float]:
        beat = t + late
        return 0.01 * math.sin(0.7 * beat), 0.018 * math.sin(1.5 * beat), 1.8 * math.sin(1.1 * beat), 1.0

    def breathe(t: float) -> tuple[float, float, float, float]:
        return 0.0, 0.0, 0.0, 1 + 0.007 * math.sin(2.2 * t + late)

    def sleep(t: float) -> tuple[float, float, float, float]:
        return 0.0, 0.0, 0.0, 0.97 + 0.014 * math.sin(1.4 * t + late)

    def roll(t: float) -> tuple[float, float, float, float]:
        return 0.0, 0.0, 140 * t + 360 * phase, 1.0

    if action == "skydive" or (action == "fall" and mode != "stand"):
        return skydive
    if action == "rise":
        return rise
    if action == "land":
        return land
    if mode == "float":
        return swim if action in ("swim", "surf") or action in _AIR else bob
    if mode == "fly":
        return swim if action == "swim" else fly
    if figure and action != "jump":
        return still if action != "sleep" else sleep
    if action in _RUN:
        return run if living else drive
    if action in ("jump", "ski"):
        return jump
    if action in ("walk", "crawl", "climb", "swim"):
        return walk if living else drive
    if action in _LIVELY:
        return lively
    if action in _WHEELS or (action == "ride" and not living):
        return drive
    if action == "roll":
        return roll
    if action == "sleep":
        return sleep
    return breathe if living else still
