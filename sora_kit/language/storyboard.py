"""Storyboards: several timed shots in one prompt.

As text, a shot is a length in square brackets and what is seen: ``[5.0s]A cat skydives``. Whatever
stands before the first mark is the general instruction. `Storyboard` is the same as a value: it is
built shot by shot, read from text, scaled to a length and printed back.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sora_kit.errors import BadStoryboard
from sora_kit.language.request import Shot

__all__ = ("MOST_SHOTS", "Storyboard", "print_shots", "read_shots", "total_of")

MOST_SHOTS = 30
LEAST_SECONDS = 0.1
MOST_SECONDS = 3600.0
BAR = 24
"""Width of the drawing of a board, in characters."""

# Counts are bounded so that a long run of digits or spaces costs no more than its own length.
MARK = re.compile(r"\[\s{0,9}(-?[0-9]{1,9}(?:\.[0-9]{1,9})?)\s{0,9}s\s{0,9}\]")
"""A shot mark. Other square brackets are plain text."""


@dataclass(frozen=True, slots=True, repr=False)
class Storyboard:
    """A plan of timed shots, built step by step; every step returns a new one.

    ``Storyboard("Sunny day").shot(5, "A cat skydives").shot(5, "The cat lands")``
    """

    instruction: str = ""
    """What holds for all shots."""

    shots: tuple[Shot, ...] = ()
    """The shots in order."""

    def __post_init__(self) -> None:
        if mark := MARK.search(self.instruction):
            raise BadStoryboard(
                f"The instruction contains the mark {mark[0]}",
                fix="Add shots with shot(), or use Storyboard.parse",
            )

    @classmethod
    def parse(cls, text: str) -> Storyboard:
        """Read a text such as ``Sunny day [5.0s]A cat skydives [5.0s]The cat lands``.

        Raises:
            BadStoryboard: A shot is empty or of an impossible length.
        """
        return cls(*read_shots(text))

    def shot(self, seconds: float, text: str) -> Storyboard:
        """The same board with one more shot.

        Args:
            seconds: Length of the shot, at least 0.1.
            text: What is seen.

        Raises:
            BadStoryboard: The text is empty or holds a mark of its own, or the length is impossible.
        """
        number = len(self.shots) + 1
        if number > MOST_SHOTS:
            raise _too_many(number)
        if mark := MARK.search(text):
            raise BadStoryboard(
                f"The text of shot {number} contains the mark {mark[0]}",
                fix="Call shot() once for each shot, or use Storyboard.parse",
            )
        return Storyboard(self.instruction, (*self.shots, _shot(number, float(seconds), text)))

    @property
    def total(self) -> float:
        """Length of all shots together in seconds."""
        return total_of(self.shots)

    def fit(self, seconds: float) -> Storyboard:
        """The same board, scaled so that its shots last ``seconds`` in all, to the millisecond.

        Cuts fall on tenths of a second where there is room.

        Raises:
            BadStoryboard: There is not a tenth of a second for every shot.
        """
        if not self.shots:
            return self
        scale = seconds / math.fsum(shot.seconds for shot in self.shots)
        ends, end = [0.0], 0.0
        for shot in self.shots:
            end += shot.seconds * scale
            ends.append(end)
        for places in (1, 3):
            cuts = [round(end, places) for end in ends[:-1]] + [seconds]
            lengths = [round(b - a, 3) for a, b in itertools.pairwise(cuts)]
            if min(lengths) >= LEAST_SECONDS:
                break
        shots = (
            _shot(i, length, shot.text)
            for i, (length, shot) in enumerate(zip(lengths, self.shots, strict=True), 1)
        )
        return Storyboard(self.instruction, tuple(shots))

    def to_prompt(self) -> str:
        """The board as a prompt, one shot a line; `parse` reads it back."""
        return print_shots(self.instruction, self.shots)

    def __iter__(self) -> Iterator[Shot]:
        return iter(self.shots)

    def __len__(self) -> int:
        return len(self.shots)

    def __bool__(self) -> bool:
        return bool(self.shots or self.instruction)

    def __repr__(self) -> str:
        """A drawing to scale in plain characters, one shot a line."""
        total = self.total
        count = f"{len(self)} shot{'s' * (len(self) != 1)}"
        lines = [
            f"Storyboard, {count}, {total:g} s"
            + (f": {_short(self.instruction, 50)}" if self.instruction else "")
        ]
        start = 0.0
        for shot in self.shots:
            end = round(start + shot.seconds, 3)
            left, right = (round(at / total * BAR) for at in (start, end))
            bar = "." * left + "#" * max(right - left, 1) + "." * (BAR - max(right, left + 1))
            lines.append(f"{start:6.1f} -{end:5.1f} s  {bar}  {_short(shot.text, 60)}")
            start = end
        return "\n".join(lines)

    __str__ = __repr__


def read_shots(text: str) -> tuple[str, tuple[Shot, ...]]:
    """Split a text at its shot marks.

    Returns:
        The general instruction and the shots; no shots if the text has no mark.

    Raises:
        BadStoryboard: Naming the shot that has no text or an impossible length.
    """
    parts = MARK.split(text)
    instruction, lengths, texts = parts[0].strip(), parts[1::2], parts[2::2]
    if len(lengths) > MOST_SHOTS:
        raise _too_many(len(lengths))
    shots = (
        _shot(i, float(length), text) for i, (length, text) in enumerate(zip(lengths, texts, strict=True), 1)
    )
    return instruction, tuple(shots)


def print_shots(instruction: str, shots: Iterable[Shot]) -> str:
    """The text that `read_shots` reads back."""
    lines = [f"[{shot.seconds}s]{shot.text}" for shot in shots]
    return "\n".join([instruction, *lines] if instruction else lines)


def total_of(shots: Iterable[Shot]) -> float:
    """Length of all shots together in seconds, to the millisecond."""
    return round(math.fsum(shot.seconds for shot in shots), 3)


def _shot(number: int, seconds: float, text: str) -> Shot:
    text = text.strip()
    if not math.isfinite(seconds) or seconds < LEAST_SECONDS or seconds > MOST_SECONDS:
        raise BadStoryboard(
            f"Shot {number} is {seconds:g} s long",
            why=f"A shot lasts from {LEAST_SECONDS:g} s to the length of the video",
            fix=f"Write it like [5.0s]{text[:40] or 'A cat lands'}",
            param="prompt",
        )
    if not text:
        raise BadStoryboard(
            f"Shot {number} is empty",
            why=f"Nothing stands after its mark [{seconds}s]",
            fix="Say what is seen in it, or remove the mark",
            param="prompt",
        )
    return Shot(round(seconds, 3), text)


def _too_many(count: int) -> BadStoryboard:
    return BadStoryboard(
        f"The storyboard has {count} shots",
        why=f"At most {MOST_SHOTS} are allowed",
        fix="Join some of them, or make two videos",
        param="prompt",
    )


def _short(text: str, most: int) -> str:
    """The beginning of a text, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 3] + "..."
