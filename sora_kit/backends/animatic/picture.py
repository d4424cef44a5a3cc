"""Moving over somebody's own picture (image to video).

The clip starts exactly on the picture. A picture of about the frame's shape fills it, cropped around
its *focal point*, and the camera moves over it. A picture of another shape keeps all of itself, as a
card on its own blurred and darkened extension. Nothing is cut out or bent: invented edges look worse
than none.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from sora_kit.backends.animatic.layers import Pixels
from sora_kit.backends.animatic.noise import smoothstep
from sora_kit.backends.animatic.particles import Particles
from sora_kit.backends.animatic.reel import Take
from sora_kit.backends.animatic.styles import Look, OverlayContext
from sora_kit.language.scene import Camera

__all__ = ("PicturePainter", "fitted_picture", "focal_point")

_SAME_SHAPE = 1.45  # how far aspect ratios may differ before the picture becomes a card
_SPARE = 1.3  # resolution kept for zooming in
_REACH = 0.22  # zoom by the end of a long shot
_PACE = 0.028  # zoom per second


@dataclass(frozen=True, slots=True)
class _Window:
    """What part of the prepared picture fills the frame: its middle and width, as shares."""

    x: float
    y: float
    size: float


def focal_point(picture: Pixels) -> tuple[float, float]:
    """Where one looks first, as shares of width and height.

    The weight is the colour contrast of each spot with its surroundings, with a preference for the
    middle and the upper third.
    """
    height, width = picture.shape[:2]
    small = cv2.resize(picture, (96, max(8, 96 * height // width)), interpolation=cv2.INTER_AREA)
    lab = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2LAB), np.float32)
    contrast = np.linalg.norm(lab - cv2.GaussianBlur(lab, (0, 0), 12), axis=2)
    rows, columns = contrast.shape
    y, x = np.mgrid[0 : 1 : rows * 1j, 0 : 1 : columns * 1j]
    weight = contrast**1.5 * np.exp(-((x - 0.5) ** 2 + (y - 0.42) ** 2) / 0.16) + 1e-6
    return float((x * weight).sum() / weight.sum()), float((y * weight).sum() / weight.sum())


def fitted_picture(picture: Pixels, width: int, height: int) -> Pixels:
    """The picture cropped around its focal point to exactly (height, width, 3)."""
    have_height, have_width = picture.shape[:2]
    scale = max(width / have_width, height / have_height)
    size = (max(width, round(have_width * scale)), max(height, round(have_height * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    scaled = cv2.resize(picture, size, interpolation=method)
    focus_x, focus_y = focal_point(picture)
    x = int(np.clip(focus_x * size[0] - width / 2, 0, size[0] - width))
    y = int(np.clip(focus_y * size[1] - height / 2, 0, size[1] - height))
    return np.ascontiguousarray(scaled[y : y + height, x : x + width], np.uint8)


class PicturePainter:
    """Draws a shot from a picture.

    Args:
        picture: (h, w, 3) uint8 RGB, of any size.
        take: Its camera and weather decide what happens.
        width: Of the frame in pixels.
        height: Of the frame in pixels.
        look: The style; without one the first frame has the picture's own colours.
        fps: Frames per second.
    """

    def __init__(
        self, picture: Pixels, take: Take, width: int, height: int, look: Look, fps: int = 24
    ) -> None:
        self._width, self._height = width, height
        self._take = take
        self._plain = look.id == "plain"
        coloured = picture if self._plain else look.grade(np.ascontiguousarray(picture))
        aspect, wanted = picture.shape[1] / picture.shape[0], width / height
        spare = _SPARE if max(aspect / wanted, wanted / aspect) <= _SAME_SHAPE else 1.0
        big = (int(width * _SPARE), int(height * _SPARE))
        self._card: Pixels | None = None
        if spare > 1:
            base = fitted_picture(coloured, *big)
            self._focus = focal_point(base)
        else:
            base = self._extension(coloured, *big)
            self._card = self._contained(coloured)
            self._focus = (0.5, 0.5)
        self._base = np.asarray(cv2.cvtColor(base, cv2.COLOR_RGB2RGBA), np.uint8)
        scene = take.scene
        weather = scene.weather if "weather" in scene.said else ""
        if not weather and scene.setting == "snow" and "setting" in scene.said:
            weather = "snow"  # "it starts to snow"
        rng = np.random.default_rng(take.seed)
        self._particles = Particles(weather, width, height, rng)
        self._phases = rng.uniform(0, 6.28, 2)
        self._look = look
        self._context = OverlayContext(width, height, text=scene.text, seed=take.film, fps=fps)

    def draw(self, t: float) -> Pixels:
        """See `Painter.draw`."""
        camera = self._take.scene.camera
        if self._card is None and camera == "pull back":
            frame = self._shrinking(t)
        else:
            frame = self._seen(self._window(camera, t))
        if self._card is not None:
            self._lay_card(frame, 1 + 0.010 * min(t, 8.0))
        if t > 0:  # the very first frame is the picture alone
            self._particles.draw(frame, t)
        if not self._plain:
            self._look.overlay(frame, t, self._context)
        return frame

    def _window(self, camera: Camera, t: float) -> _Window:
        """Start on everything, then move in towards what matters."""
        begun = t + self._take.begin
        gone = min(_REACH, _PACE * begun)
        if self._card is not None:
            return _Window(0.5, 0.5, 1 / (1 + gone * 0.6))
        size = 1 / (1 + gone)
        margin = (1 - size) / 2
        pull = {
            "pan left": (-1.0, 0.0),
            "pan right": (1.0, 0.0),
            "tilt up": (0.0, -1.0),
            "tilt down": (0.0, 1.0),
            "track": (1.0, 0.0),
        }.get(camera)
        if camera == "orbit":
            pull = (float(np.sin(begun * 0.8)), 0.0)
        elif camera == "handheld":
            sway = np.sin(begun * np.array((1.9, 2.3)) + self._phases) * 0.6
            sway -= np.sin(self._phases) * 0.6
            pull = (float(sway[0]), float(sway[1]))
        elif camera == "static":
            return _Window(0.5, 0.5, 1.0)
        if pull is None:  # push in
            focus_x, focus_y = self._focus
            pull = ((focus_x - 0.5) * 2, (focus_y - 0.5) * 2)
        return _Window(0.5 + pull[0] * margin, 0.5 + pull[1] * margin, size)

    def _seen(self, window: _Window) -> Pixels:
        height, width = self._base.shape[:2]
        scale = self._width / (width * window.size)
        x = self._width / 2 - window.x * width * scale
        y = self._height / 2 - window.y * height * scale
        matrix = np.array(((scale, 0, x), (0, scale, y)))
        return _warped(self._base, matrix, self._width, self._height)

    def _shrinking(self, t: float) -> Pixels:
        """Pull back: the picture grows smaller on its own extension."""
        seen = self._seen(_Window(0.5, 0.5, 1.0))
        gone = min(0.16, 0.022 * (t + self._take.begin))
        if gone <= 0:
            return seen
        frame = np.asarray(cv2.GaussianBlur(seen, (0, 0), self._height / 26), np.uint8)
        frame = np.asarray(cv2.convertScaleAbs(frame, alpha=0.62), np.uint8)
        frame[..., 3] = 255
        wide, tall = int(self._width * (1 - gone)), int(self._height * (1 - gone))
        x, y = (self._width - wide) // 2, (self._height - tall) // 2
        frame[y : y + tall, x : x + wide] = cv2.resize(seen, (wide, tall), interpolation=cv2.INTER_AREA)
        return frame

    def _extension(self, picture: Pixels, width: int, height: int) -> Pixels:
        """The picture far out of focus, filling the frame, darkened."""
        small = fitted_picture(picture, max(8, width // 8), max(8, height // 8))
        soft = cv2.GaussianBlur(small, (0, 0), 4.5)
        big = cv2.resize(soft, (width, height), interpolation=cv2.INTER_CUBIC)
        return np.asarray(cv2.convertScaleAbs(big, alpha=0.62), np.uint8)

    def _contained(self, picture: Pixels) -> Pixels:
        """The whole picture, as large as the frame has room for."""
        height, width = picture.shape[:2]
        scale = min(self._width / width, self._height / height)
        size = (max(2, round(width * scale)), max(2, round(height * scale)))
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        scaled = cv2.resize(picture, size, interpolation=method)
        return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2RGBA), np.uint8)

    def _lay_card(self, frame: Pixels, zoom: float) -> None:
        card = self._card
        if card is None:
            return
        wide, tall = card.shape[1] * zoom, card.shape[0] * zoom
        x0, y0 = (self._width - wide) / 2, (self._height - tall) / 2
        left, right = max(0, round(x0)), min(self._width, round(x0 + wide))
        top, bottom = max(0, round(y0)), min(self._height, round(y0 + tall))
        self._shade_around(frame, (left, top, right, bottom))
        matrix = np.array(((zoom, 0, x0 - left), (0, zoom, y0 - top)))
        frame[top:bottom, left:right] = _warped(card, matrix, right - left, bottom - top)

    def _shade_around(self, frame: Pixels, box: tuple[int, int, int, int]) -> None:
        """A soft shadow where the card ends inside the frame."""
        left, top, right, bottom = box
        reach = max(2, self._height // 24)
        fall = 1 - 0.45 * (1 - smoothstep(0, 1, np.linspace(0, 1, reach, dtype=np.float32)))
        for side, room in (("left", left), ("right", self._width - right)):
            span = min(reach, room)
            if span > 0:
                shade = fall[:span][::-1] if side == "left" else fall[:span]
                part = frame[:, left - span : left] if side == "left" else frame[:, right : right + span]
                part[..., :3] = (part[..., :3] * shade[None, :, None]).astype(np.uint8)
        for side, room in (("top", top), ("bottom", self._height - bottom)):
            span = min(reach, room)
            if span > 0:
                shade = fall[:span][::-1] if side == "top" else fall[:span]
                part = frame[top - span : top] if side == "top" else frame[bottom : bottom + span]
                part[..., :3] = (part[..., :3] * shade[:, None, None]).astype(np.uint8)


def _warped(image: Pixels, matrix: np.ndarray, width: int, height: int) -> Pixels:
    # Reduced by up to 1.3: area interpolation isn't offered by warpAffine, linear is enough.
    drawn = cv2.warpAffine(
        image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(drawn, np.uint8)
