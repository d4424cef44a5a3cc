"""From layers and cast to a frame.

A `ShotPainter` holds everything of one shot that can be prepared, and draws the frame of any moment.
Frames are functions of time alone: they may be drawn in any order, by several threads at once.

Where the time goes, and what is done about it: warping four channels is quicker than warping three;
the solid blocks of a sheet are warped straight into the frame, without blending, and the empty ones
are left out (see `sora_kit.backends.animatic.blocks`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Protocol

import cv2
import numpy as np

from sora_kit.backends.animatic.blocking import Mark, blocked
from sora_kit.backends.animatic.camera import Affine, Stage, View, move_of, placed, walks
from sora_kit.backends.animatic.canvas import Scenery, SetBuilder
from sora_kit.backends.animatic.cast import troupe
from sora_kit.backends.animatic.cast.actor import still
from sora_kit.backends.animatic.layers import Layer, Pixels, laid_over
from sora_kit.backends.animatic.light import light_for
from sora_kit.backends.animatic.particles import Particles
from sora_kit.backends.animatic.reel import Take
from sora_kit.backends.animatic.sets import SETS
from sora_kit.backends.animatic.styles import Look, OverlayContext

__all__ = ("Painter", "ShotPainter", "draw_layer")

_STYLE_WEATHER = {"festive": "confetti"}
_DUSTY = frozenset(("forest", "meadow", "interior", "stage"))
_PLANE = 1.0  # depth of the cast


class Painter(Protocol):
    """Draws the frames of one shot."""

    def draw(self, t: float) -> Pixels:
        """The frame at ``t`` seconds after the shot's begin: (h, w, 4) uint8 RGBA, opaque."""
        ...


class ShotPainter:
    """Draws a shot from its scene.

    Args:
        take: What to draw.
        width: Of the frame in pixels.
        height: Of the frame in pixels.
        look: The style.
        fps: Frames per second, for poses that are held for two frames.
    """

    def __init__(self, take: Take, width: int, height: int, look: Look, fps: int = 24) -> None:
        scene = take.scene
        rng = np.random.default_rng(take.seed)
        builder = SetBuilder(scene, light_for(scene, take.seed), look, width, height, rng)
        SETS[scene.setting](builder)
        self._scenery: Scenery = builder.finish()
        self._stage = Stage(width, height, builder.width, builder.height)
        light = self._scenery.light
        cast_height = int(height if width >= height else width * 1.05)
        actors = troupe(scene, light, look, cast_height, np.random.default_rng(take.seed ^ 0xCA57))
        self._marks = blocked(actors, self._scenery, scene.framing, self._stage, rng)
        # What stands for good (a castle) must not run along with the camera.
        self._runs = all(actor.rate or actor.motion is not still for actor in actors)
        right = not actors or actors[0].faces == "right"
        self._move = move_of(scene, take.begin + take.seconds, look.shake, rng, right=right)
        self._begin = take.begin
        self._walk = 0.22 * width * (1 if right else -1) if walks(scene) else 0.0
        self._seconds = max(0.1, take.begin + take.seconds)
        self._hold = 2 / fps if look.on_twos else 0.0
        airborne = self._scenery.weather or _STYLE_WEATHER.get(look.id, "")
        if not airborne and scene.setting in _DUSTY and not light.night:
            airborne = "dust"
        dim = 0.55 if light.night and airborne in ("leaves", "petals") else 1.0
        self._particles = Particles(airborne, width, height, rng, dim)
        self._look = look
        self._context = OverlayContext(width, height, text=scene.text, seed=take.film, fps=fps)
        self._blob = _shadow_blob(light.haze * 0.08)

    def draw(self, t: float) -> Pixels:
        """See `Painter.draw`."""
        held = math.floor(t / self._hold + 1e-6) * self._hold if self._hold else t
        now = self._begin + held
        view = self._move(now)
        if not self._runs:
            view = View(view.x, view.y, view.zoom, view.roll)
        frame = np.empty((self._stage.height, self._stage.width, 4), np.uint8)
        for layer in self._scenery.back:
            draw_layer(frame, layer, view, self._stage, now)
        for mark in self._marks:
            self._draw_actor(frame, mark, view, now)
        for layer in self._scenery.front:
            draw_layer(frame, layer, view, self._stage, now)
        self._particles.draw(frame, now)
        self._look.overlay(frame, self._begin + t, self._context)
        return frame

    def _draw_actor(self, frame: Pixels, mark: Mark, view: View, t: float) -> None:
        actor = mark.actor
        dx, dy, turn, squash = actor.motion(t)
        if self._walk and actor.rate:
            dx += self._walk * (min(1.0, t / self._seconds) - 0.5) / mark.size
        still = View(view.x, view.y, view.zoom, view.roll)  # the cast runs along with the camera
        to_frame = placed(still, _PLANE, self._stage)
        scale = math.hypot(to_frame[0, 0], to_frame[1, 0]) * mark.size / actor.unit
        x, y = to_frame @ (mark.x + dx * mark.size, mark.y + dy * mark.size, 1.0)
        if mark.shadow:
            on_ground = to_frame @ (mark.x + dx * mark.size, mark.y, 1.0)
            self._draw_shadow(frame, mark, (float(on_ground[0]), float(on_ground[1])), scale * actor.unit, dy)
        sprite = actor.sprite(t)
        if self._scenery.mirror and mark.shadow:
            flipped = _sprite_map(mark.anchor, (x, y), scale, -scale * squash * 0.9, -view.roll)
            _lay(frame, sprite, flipped, self._scenery.mirror)
        _lay(frame, sprite, _sprite_map(mark.anchor, (x, y), scale, scale * squash, turn - view.roll), 1.0)

    def _draw_shadow(
        self, frame: Pixels, mark: Mark, at: tuple[float, float], size: float, lift: float
    ) -> None:
        """A soft contact shadow that grows fainter while its owner is in the air."""
        faint = max(0.25, 1 + lift * 2.2)
        half = min(mark.reach * 0.46, size * 0.6) * size / mark.size
        wide, tall = self._blob.shape[1], self._blob.shape[0]
        across, down = 2 * half / wide, max(2.0, size * 0.12) / tall
        matrix = np.array(((across, 0, at[0] - half), (0, down, at[1] - down * tall * 0.55)))
        _lay(frame, self._blob, matrix, faint)


def draw_layer(frame: Pixels, layer: Layer, view: View, stage: Stage, t: float) -> None:
    """Draw one layer into a frame, in place."""
    matrix = placed(view, layer.depth, stage)
    if layer.x0 or layer.y0 or layer.drifts:
        matrix[:, 2] += matrix[:, :2] @ (layer.x0 + layer.vx * t, layer.y0 + layer.vy * t)
    if view.roll:
        _draw_rows(frame, layer, matrix)
        return
    for copy in _copies(layer, matrix, frame.shape[1]):
        _draw_blocks(frame, layer, copy)


def _copies(layer: Layer, matrix: Affine, width: int) -> Iterator[Affine]:
    """Maps of the copies of a sheet that the frame sees, side by side.

    A sheet goes on without end, repeated if it wraps and mirrored otherwise. (OpenCV could do that by
    itself, but is many times slower outside of an image than inside.)
    """
    period = layer.image.shape[1]
    scale, left = matrix[0, 0], matrix[0, 2]
    first = math.floor(-left / scale / period + 1e-9)
    last = math.ceil((width - left) / scale / period - 1e-9)
    for number in range(first, max(last, first + 1)):
        copy = matrix.copy()
        if layer.wrap or number % 2 == 0:
            copy[0, 2] += number * period * scale
        else:
            copy[0, 0] = -scale
            copy[0, 2] += (number + 1) * period * scale
        yield copy


def _draw_blocks(frame: Pixels, layer: Layer, matrix: Affine) -> None:
    """Draw a sheet block by block. The view is level, so blocks stay upright rectangles.

    Neighbouring blocks share their rounded border, so every pixel is drawn exactly once.
    """
    height, width = frame.shape[:2]
    across, left, down, top = matrix[0, 0], matrix[0, 2], matrix[1, 1], matrix[1, 2]
    for block in layer.blocks:
        x0, x1 = round(block.x0 * across + left), round(block.x1 * across + left)
        x0, x1 = max(0, min(x0, x1)), min(width, max(x0, x1))
        y0, y1 = max(0, round(block.y0 * down + top)), min(height, round(block.y1 * down + top))
        if x1 <= x0 or y1 <= y0:
            continue
        moved = matrix.copy()
        moved[:, 2] -= (x0, y0)
        if block.solid:
            _warp(layer.image, moved, frame[y0:y1, x0:x1], cv2.BORDER_REFLECT_101)
        else:
            _blend(frame[y0:y1, x0:x1], layer, moved, cv2.BORDER_REFLECT_101)


def _draw_rows(frame: Pixels, layer: Layer, matrix: Affine) -> None:
    """Draw a sheet through a rolled camera: over the whole width, for blocks would be slanted."""
    if layer.opaque:
        _warp(layer.image, matrix, frame, cv2.BORDER_REFLECT_101)
        return
    height, width = frame.shape[:2]
    top, bottom = _rows(matrix, layer.image.shape, width)
    y0, y1 = max(0, math.floor(top)), min(height, math.ceil(bottom))
    if y1 <= y0:
        return
    border = cv2.BORDER_WRAP if layer.wrap else cv2.BORDER_REFLECT_101
    solid = y1
    if layer.solid_from is not None:
        # Below the lowest frame row that can see a gap, there is nothing to blend.
        solid = min(y1, max(y0, math.ceil(_row_range(matrix, layer.solid_from + 1, width)[1])))
    if solid > y0:
        _blend(frame[y0:solid], layer, _shifted(matrix, y0), border)
    if solid < y1:
        _warp(layer.image, _shifted(matrix, solid), frame[solid:y1], border)


def _rows(matrix: Affine, shape: tuple[int, ...], width: int) -> tuple[float, float]:
    """First and last frame row that a sheet reaches anywhere in the frame."""
    return _row_range(matrix, 0, width)[0], _row_range(matrix, shape[0], width)[1]


def _row_range(matrix: Affine, row: float, width: int) -> tuple[float, float]:
    """Between which frame rows an endless row of the sheet lies; only a roll makes them differ."""
    slope = matrix[1, 0] / matrix[0, 0]
    x = matrix[0, 1] * row + matrix[0, 2]
    y = matrix[1, 1] * row + matrix[1, 2]
    left, right = y - slope * x, y + slope * (width - x)
    return float(min(left, right)), float(max(left, right))


def _shifted(matrix: Affine, rows: int) -> Affine:
    moved = matrix.copy()
    moved[1, 2] -= rows
    return moved


def _warp(image: Pixels, matrix: Affine, target: Pixels, border: int) -> None:
    size = (target.shape[1], target.shape[0])
    cv2.warpAffine(image, matrix, size, dst=target, flags=cv2.INTER_LINEAR, borderMode=border)


def _blend(target: Pixels, layer: Layer, matrix: Affine, border: int) -> None:
    size = (target.shape[1], target.shape[0])
    sheet = np.asarray(
        cv2.warpAffine(layer.image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=border), np.uint8
    )
    if layer.additive:
        cv2.add(target, sheet, dst=target)
    else:
        laid_over(target, sheet)


def _sprite_map(
    anchor: tuple[float, float], at: tuple[float, float], across: float, down: float, degrees: float
) -> Affine:
    """Put a sprite's anchor at a place of the frame, scaled and turned (clockwise) about it."""
    angle = math.radians(degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    linear = np.array(((cos * across, -sin * down), (sin * across, cos * down)))
    moved = np.asarray(at) - linear @ np.asarray(anchor)
    return np.column_stack((linear, moved))


def _lay(frame: Pixels, sprite: Pixels, matrix: Affine, strength: float) -> None:
    """Lay a premultiplied sprite over the part of the frame that it covers."""
    height, width = sprite.shape[:2]
    corners = matrix @ np.array(((0, width, 0, width), (0, 0, height, height), (1, 1, 1, 1)))
    x0, y0 = max(0, math.floor(corners[0].min())), max(0, math.floor(corners[1].min()))
    x1 = min(frame.shape[1], math.ceil(corners[0].max()))
    y1 = min(frame.shape[0], math.ceil(corners[1].max()))
    if x1 <= x0 or y1 <= y0:
        return
    moved = matrix.copy()
    moved[:, 2] -= (x0, y0)
    sheet = cv2.warpAffine(sprite, moved, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR)
    if strength < 1.0:
        sheet = cv2.convertScaleAbs(sheet, alpha=strength)
    laid_over(frame[y0:y1, x0:x1], np.asarray(sheet, np.uint8))


def _shadow_blob(colour: np.ndarray) -> Pixels:
    """A soft dark ellipse, premultiplied."""
    y, x = np.mgrid[-1:1:32j, -1:1:96j].astype(np.float32)
    alpha = np.clip(np.exp(-(x * x + y * y) * 2.6) - 0.075, 0, 1) * 0.72
    return np.dstack([*(alpha * c for c in colour), alpha * 255]).astype(np.uint8)
