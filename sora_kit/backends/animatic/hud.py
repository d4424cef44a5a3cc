"""The heads-up display of an animatic: what this is, which shot, how it is framed, where we are.

The badge ``ANIMATIC`` is part of every picture this backend makes: it is what says, wherever the file
ends up, that this is a drawn preview and no footage. The rest (shot number, framing, camera, length,
timecode, caption, progress) is what a storyboard artist writes on a panel.

Everything but the timecode and the bar stands still within a shot and is prepared once. Sizes follow
the frame's shorter side and never fall below what can be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from sora_kit.backends.animatic import text
from sora_kit.backends.animatic.layers import Pixels
from sora_kit.backends.animatic.stamps import Canvas, Stamp
from sora_kit.backends.animatic.styles import Look
from sora_kit.backends.animatic.titlecard import card
from sora_kit.language.scene import Scene

__all__ = ("Hud", "card")

_AMBER = (255, 214, 120)
_WHITE = (246, 248, 252)
_PLATE = (10, 14, 22, 165)
_DIGITS = "0123456789:"


class Hud:
    """The display for one film.

    Args:
        width: Of the frame in pixels.
        height: Of the frame in pixels.
        scenes: The shots in order; for a still, one.
        fps: Frames per second of the timecode.
        look: Its furniture is avoided.
        label: What the badge says.
    """

    def __init__(
        self,
        width: int,
        height: int,
        scenes: Sequence[Scene],
        fps: int,
        look: Look,
        *,
        label: str = "ANIMATIC",
    ) -> None:
        self.width, self.height, self.fps, self.label = width, height, max(1, fps), label
        self.scenes = tuple(scenes)
        self._u = min(width, height) / 720
        self._room = look.room(width, height)
        counts = [max(0, round(scene.seconds * self.fps)) for scene in self.scenes]
        self._starts = [sum(counts[:index]) for index in range(len(counts) + 1)]
        self._shots: dict[int, list[Stamp]] = {}

    def draw(self, frame: Pixels, shot: int, frame_index: int) -> None:
        """Draw the display over a frame of a film.

        Args:
            frame: (height, width, 4) uint8 RGBA, changed in place.
            shot: Index of the shot.
            frame_index: Index of the frame within the whole film, from 0.
        """
        if shot not in self._shots:
            self._shots[shot] = self._shot_stamps(shot)
        for stamp in self._shots[shot]:
            stamp.lay(frame)
        self._badge.lay(frame)
        self._timecode(frame, frame_index)
        self._bar(frame, frame_index)

    def label_only(self, frame: Pixels) -> None:
        """Draw the badge alone, for stills."""
        self._badge.lay(frame)

    @cached_property
    def _face(self) -> text.Face:
        return text.Face("bold", max(9, round(17 * self._u)))

    @cached_property
    def _edges(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of the area that the display may use."""
        u, room = self._u, self._room
        upright = self.height > self.width
        margin = 26 * u
        top = max(margin, room.top * u) + (self.height * 0.035 if upright else 0)
        bottom = max(margin, room.bottom * u) + (self.height * 0.05 if upright else 0)
        return margin + room.side * u, top, self.width - margin - room.side * u, self.height - bottom

    @cached_property
    def _badge(self) -> Stamp:
        """The badge at the upper right."""
        face, (_, top, right, _) = self._face, self._edges
        pad = face.size * 0.55
        wide = text.text_width(self.label, face) + 2 * pad
        high = face.size * 1.3 + pad * 0.7
        canvas = Canvas(self.width, self.height)
        canvas.box(right - wide, top, right, top + high, (*_AMBER, 255), radius=face.size * 0.32)
        canvas.text(right - wide + pad, top + pad * 0.30, self.label, face, (20, 20, 26))
        return canvas.stamp()

    def _shot_stamps(self, shot: int) -> list[Stamp]:
        canvas = Canvas(self.width, self.height)
        if self._room.caption:
            self._caption(canvas, self.scenes[shot])
        self._strip(canvas, shot)
        return canvas.stamps()

    def _strip(self, canvas: Canvas, shot: int) -> None:
        """``SHOT 01/03  MEDIUM · PUSH IN · 4 s`` on a dark plate."""
        scene, u = self.scenes[shot], self._u
        left, top, right, bottom = self._edges
        title = text.Face("title", max(12, round(27 * u)))
        small = text.Face("ui", max(9, round(16 * u)))
        number = f"SHOT {shot + 1:02d}/{len(self.scenes):02d}"
        details = [scene.framing.upper(), scene.camera.upper(), f"{scene.seconds:g} s"]
        gap = small.size * 0.8
        room = (
            right
            - left
            - (0 if self._room.low_strip else text.text_width(self.label, self._face) + 6 * self._face.size)
        )
        first = text.text_width(number, title)
        while details and first + text.text_width("  ·  ".join(details), small) + 4 * gap > room:
            details.pop(0)
        detail = "  ·  ".join(details)
        wide = first + (text.text_width(detail, small) + gap if detail else 0) + 2 * gap
        high = title.size * 1.38
        y = bottom - high if self._room.low_strip else top
        canvas.box(left, y, left + wide, y + high, _PLATE, radius=high * 0.18)
        canvas.text(left + gap, y + title.size * 0.12, number, title, _AMBER)
        if detail:
            canvas.text(left + first + 2 * gap, y + (high - small.size * 1.22) / 2, detail, small, _WHITE)

    def _caption(self, canvas: Canvas, scene: Scene) -> None:
        """The words of the shot on a gradient, centred, at most two lines (three upright)."""
        if not scene.text.strip():
            return
        left, _, right, bottom = self._edges
        upright = self.height > self.width
        face = text.Face("ui", max(11, round(25 * self._u)))
        room = min(right - left, self.width * (0.86 if upright else 0.80))
        lines = text.wrap(scene.text, face, room, 3 if upright else 2) or [text.NO_FONT]
        step = round(face.size * 1.32)
        top = bottom - step * len(lines) - 4 * self._u
        fade = round(max(0, top - 70 * self._u))
        canvas.fade(fade, self.height, (0, 0, 0, 170))
        for index, line in enumerate(lines):
            x = (self.width - text.text_width(line, face)) / 2
            canvas.text(x, top + index * step, line, face, _WHITE, shadow=2 * self._u)

    @cached_property
    def _digit_stamps(self) -> dict[str, Stamp]:
        """Digits on the plate's dark ground, all as wide as the widest, so that they do not dance."""
        face = self._face
        wide = max(round(text.text_width(char, face)) for char in _DIGITS)
        stamps = {}
        for char in _DIGITS:
            own = round(text.text_width(char, face))
            cell = own + 2 if char == ":" else wide + 1
            canvas = Canvas(cell, round(face.size * 1.5))
            canvas.box(0, 0, cell, canvas.height, _PLATE)
            canvas.text((cell - own) / 2, face.size * 0.12, char, face, _WHITE)
            stamps[char] = Stamp.of(canvas.image)
        return stamps

    def _timecode(self, frame: Pixels, index: int) -> None:
        """Minutes, seconds and frames, left of the badge."""
        seconds, rest = divmod(index, self.fps)
        code = f"{seconds // 60 % 100:02d}:{seconds % 60:02d}:{rest:02d}"
        stamps = [self._digit_stamps[char] for char in code]
        wide = sum(stamp.image.shape[1] for stamp in stamps)
        x = self._badge.x - wide - round(self._face.size * 0.6)
        y = self._badge.y + (self._badge.image.shape[0] - stamps[0].image.shape[0]) // 2
        if x < 0:
            return
        for stamp in stamps:
            stamp.lay(frame, x, y)
            x += stamp.image.shape[1]

    def _bar(self, frame: Pixels, index: int) -> None:
        """The film as a line at the lower edge, one segment per shot."""
        total = self._starts[-1]
        if not total:
            return
        high = max(3, round(6 * self._u))
        rows = frame[self.height - high :]
        rows[..., :3] >>= 2
        done = round(self.width * min(1.0, (index + 1) / total))
        rows[:, :done] = (*_AMBER, 255)
        for start in self._starts[1:-1]:
            x = round(self.width * start / total)
            rows[:, max(0, x - 1) : x + max(1, round(self._u))] = (12, 14, 20, 255)
