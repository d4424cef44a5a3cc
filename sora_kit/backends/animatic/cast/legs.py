"""Makes the legs of a rigid animal drawing walk.

Legs are found, not described: what an *opening* with a disc as wide as a leg removes from a silhouette
is thin, and thin pieces that reach down are legs. Each leg is cut out and turned about the place
where it joins the body. The turn grows with the distance from that joint, so the outline stays whole
at the body, and the lower half turns further while the foot is lifted, which reads as a knee.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from sora_kit.backends.animatic.cast.plate import Floats, Plate
from sora_kit.backends.animatic.layers import Pixels

__all__ = ("Leg", "find_legs", "stepped")

_SEARCHED = 170  # rows of the copy that legs are looked for in; more detail only costs time


@dataclass(frozen=True, slots=True, eq=False)
class Leg:
    """A leg of a drawing."""

    mask: Pixels
    """(h, w) 255 where the leg is, with a little of the body above it."""

    root: tuple[float, float]
    """Where it joins the body (x, y)."""

    length: float
    """From root to the tip of the foot."""

    core: float
    """Radius around the root inside which nothing turns."""

    phase: float
    """When in the cycle it swings, in turns."""


def find_legs(fill: Floats, line: Floats, *, gallop: bool = False) -> list[Leg]:
    """The legs in a drawing, hindmost in drawing order first; empty if none are found.

    Args:
        fill: The silhouette (h, w, 0…1), without empty rows above and below; the animal looks to the right.
        line: The ink (h, w, 0…1).
        gallop: Phases of a gallop (fore and hind pairs together) instead of a walk (in turn).
    """
    scale = min(1.0, _SEARCHED / fill.shape[0])
    size = (max(2, round(fill.shape[1] * scale)), max(2, round(fill.shape[0] * scale)))
    line = np.asarray(cv2.resize(line, size, interpolation=cv2.INTER_AREA), np.float32)
    shape = (cv2.resize(fill, size, interpolation=cv2.INTER_AREA) > 0.5).astype(np.uint8)
    best: list[tuple[Pixels, Pixels]] = []
    for share in (0.045, 0.06, 0.075, 0.09, 0.11, 0.13, 0.15):
        body, pieces = _thin_pieces(shape, max(2, int(share * size[1])))
        found = [(part, body) for piece in pieces for part in _parted(piece, line)]
        if _score(len(found)) > _score(len(best)):
            best = found
    legs = [_measured(piece, body) for piece, body in best]
    return _in_step([_enlarged(leg, fill.shape) for leg in legs], fill.shape[1], gallop=gallop)


def _enlarged(leg: Leg, shape: tuple[int, ...]) -> Leg:
    """A leg that was found in a small copy, in the drawing itself."""
    scale = shape[0] / leg.mask.shape[0]
    mask = cv2.resize(leg.mask, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
    sharp = np.where(mask > 127, np.uint8(255), np.uint8(0))
    root = (leg.root[0] * scale, leg.root[1] * scale)
    return Leg(sharp, root, leg.length * scale, leg.core * scale, leg.phase)


def _score(count: int) -> int:
    return {0: 0, 1: 0, 2: 3, 3: 4, 4: 6, 5: 2}.get(count, 0)


def _thin_pieces(shape: Pixels, radius: int) -> tuple[Pixels, list[Pixels]]:
    """The body that survives an opening, and the pieces removed by it that look like legs."""
    height, width = shape.shape
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    room = radius + 1
    padded = cv2.copyMakeBorder(shape, room, room, room, room, cv2.BORDER_CONSTANT, value=0)
    opened = cv2.morphologyEx(padded, cv2.MORPH_OPEN, kernel)
    body = np.asarray(opened[room:-room, room:-room], np.uint8)
    count, bodies, stats, _ = cv2.connectedComponentsWithStats(body)
    if count > 1:  # feet may survive as islands; the body is the largest piece
        body = (bodies == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(shape & (1 - body))
    legs = []
    for index in range(1, count):
        _, y, w, h, area = (int(v) for v in stats[index])
        reaches_down = y + h > height * 0.80 and height * 0.34 < y < height * 0.78
        if reaches_down and h > height * 0.14 and area > shape.sum() * 0.008 and w < width * 0.34:
            legs.append((labels == index).astype(np.uint8))
    return body, legs


def _parted(piece: Pixels, line: Floats) -> list[Pixels]:
    """Two legs that overlap, parted along the ink between them; otherwise the piece as it is."""
    inside = piece & (line < 0.35).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(inside, connectivity=4)
    ys = np.nonzero(piece.any(axis=1))[0]
    low = float(ys[0] + 0.7 * (ys[-1] - ys[0]))
    area = stats[:, cv2.CC_STAT_AREA]
    feet = [
        index
        for index in range(1, count)
        if area[index] > 0.16 * piece.sum() and stats[index, 1] + stats[index, 3] > low
    ]
    if len(feet) != 2:
        return [piece]
    one, other = (cv2.distanceTransform((labels != index).astype(np.uint8), cv2.DIST_L2, 3) for index in feet)
    return [piece & (one <= other).astype(np.uint8), piece & (other < one).astype(np.uint8)]


def _measured(piece: Pixels, body: Pixels) -> Leg:
    ys, xs = np.nonzero(piece)
    near_body = np.asarray(cv2.dilate(body, np.ones((5, 5), np.uint8)), np.uint8) & piece
    jy, jx = np.nonzero(near_body)
    if not jy.size:
        jy, jx = ys[ys <= ys.min() + 2], xs[ys <= ys.min() + 2]
    root = (float(jx.mean()), float(jy.mean()))
    away = np.hypot(xs - root[0], ys - root[1])
    core = float(np.hypot(jx - root[0], jy - root[1]).max())
    cap = np.zeros_like(piece)
    cv2.circle(cap, (round(root[0]), round(root[1])), round(core), 1, -1)
    mask = np.asarray(cv2.dilate(piece | (cap & body), np.ones((3, 3), np.uint8)) * 255, np.uint8)
    return Leg(mask, root, float(away.max()), core, 0.0)


def _in_step(legs: list[Leg], width: int, *, gallop: bool) -> list[Leg]:
    """Give each leg its phase: hind legs, then fore legs, each pair against itself."""
    middle = float(np.mean([leg.root[0] for leg in legs])) if legs else width / 2
    stepped_legs = []
    for group, start in (
        (sorted((leg for leg in legs if leg.root[0] < middle), key=lambda leg: leg.root[0]), 0.0),
        (sorted((leg for leg in legs if leg.root[0] >= middle), key=lambda leg: leg.root[0]), 0.25),
    ):
        for order, leg in enumerate(group):
            phase = (0.5 if start else 0.0) + 0.14 * order if gallop else start + 0.5 * order
            stepped_legs.append(Leg(leg.mask, leg.root, leg.length, leg.core, phase % 1))
    # The higher a foot is drawn, the farther it is from the viewer.
    return sorted(stepped_legs, key=lambda leg: leg.root[1] + leg.length)


def stepped(plate: Plate, legs: list[Leg], phase: float, swing: float) -> Plate:
    """The drawing with its legs at a moment of the gait.

    Args:
        plate: Looking to the right, with room around it.
        legs: Of this plate.
        phase: Moment in the cycle, in turns.
        swing: Largest turn of a leg in degrees.
    """
    legs_mask = np.zeros(plate.fill.shape, np.uint8)
    for leg in legs:
        legs_mask |= leg.mask
    for leg in legs:
        # Around its root a leg never turns: the body keeps that part, so that no seam shows.
        cv2.circle(legs_mask, (round(leg.root[0]), round(leg.root[1])), round(leg.core + 3), 0, -1)
    keep = np.float32(1) - cv2.GaussianBlur(legs_mask, (0, 0), 0.7).astype(np.float32) / np.float32(255)
    flat, fill, line = plate.flat.copy(), plate.fill * keep, plate.line * keep
    for leg in legs:
        turn = 2 * math.pi * (phase + leg.phase)
        lift = max(0.0, math.cos(turn))  # the foot is in the air while the leg swings forward
        box = _reach_of(leg, plate)
        piece = _turned(plate, leg, box, -swing * math.sin(turn), 1.5 * swing * lift)
        covered = piece.fill[..., None] > 0.02
        flat[box] = np.where(covered, piece.flat, flat[box])
        line[box] = line[box] * (1 - piece.fill) + piece.line
        fill[box] = np.maximum(fill[box], piece.fill)
    return Plate(flat, fill, np.clip(line, 0, 1))


def _reach_of(leg: Leg, plate: Plate) -> tuple[slice, slice]:
    """The part of the plate that a leg may come to, as rows and columns."""
    height, width = plate.fill.shape
    far = leg.length * 1.05 + 4
    x, y = leg.root
    rows = slice(max(0, int(y - far)), min(height, int(y + far) + 1))
    return rows, slice(max(0, int(x - far)), min(width, int(x + far) + 1))


def _turned(plate: Plate, leg: Leg, box: tuple[slice, slice], hip: float, knee: float) -> Plate:
    """One leg cut out and bent: ``hip`` degrees as a whole, ``knee`` more in its lower half."""
    y, x = np.mgrid[box].astype(np.float32)
    dx, dy = x - np.float32(leg.root[0]), y - np.float32(leg.root[1])
    far = np.hypot(dx, dy)
    reach = np.clip((far - leg.core * 0.8) / max(1.0, leg.length - leg.core * 0.8), 0, 1.2)
    whole = np.clip(reach / 0.35, 0, 1)
    lower = np.clip((reach - 0.35) / 0.5, 0, 1)
    ease = whole * whole * (3 - 2 * whole) * hip + lower * lower * (3 - 2 * lower) * knee
    angle = np.radians(ease).astype(np.float32)
    cos, sin = np.cos(angle), np.sin(angle)
    # A turn keeps the distance from the root, so looking up where a pixel came from is exact.
    from_x = np.float32(leg.root[0] - box[1].start) + dx * cos + dy * sin
    from_y = np.float32(leg.root[1] - box[0].start) - dx * sin + dy * cos
    cut = leg.mask[box].astype(np.float32) / np.float32(255)

    def moved(image: Floats) -> Floats:
        return np.asarray(cv2.remap(image, from_x, from_y, cv2.INTER_LINEAR), np.float32)

    fill, line = plate.fill[box] * cut, plate.line[box] * cut
    return Plate(moved(plate.flat[box]), moved(np.asarray(fill)), moved(np.asarray(line)))
