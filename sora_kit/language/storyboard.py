"""`Storyboard`: timed shots as a value that is built, edited and fitted to a length.

A board never changes: every step gives a new one, so an editor can keep the old ones and undo is a
list. Shots are counted from 0, as Python counts; messages to people count from 1. Edits cut at tenths
of a second, as film people do on paper, and a length that was given more exactly stays exact until
its shot is edited.

As text a board is one prompt (see `sora_kit.language.shots`); other programs' forms are in
`sora_kit.language.interchange`.
"""

from __future__ import annotations

import itertools
import math
import operator
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sora_kit.errors import BadStoryboard
from sora_kit.language.request import Shot
from sora_kit.language.shots import (
    LEAST_SECONDS,
    MARK,
    MOST_SHOTS,
    print_shots,
    read_shots,
    shot_of,
    too_many,
    total_of,
)

__all__ = ("Storyboard",)

BAR = 24
"""Width of the drawing of a board, in characters."""

SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])\s*")
"""Where a text can be cut in two."""


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

    def to_prompt(self) -> str:
        """The board as a prompt, one shot a line; `parse` reads it back."""
        return print_shots(self.instruction, self.shots)

    # -- shots

    def shot(self, seconds: float, text: str) -> Storyboard:
        """The same board with one more shot.

        Args:
            seconds: Length of the shot, at least 0.1.
            text: What is seen.

        Raises:
            BadStoryboard: The text is empty or holds a mark of its own, or the length is impossible.
        """
        return self.insert(len(self.shots), seconds, text)

    def insert(self, index: int, seconds: float, text: str) -> Storyboard:
        """The same board with one more shot, which gets the place ``index``; otherwise as `shot`."""
        if not 0 <= index <= len(self.shots):
            raise self._no_such_place(index)
        return self._spliced(index, index, [(float(seconds), text)])

    def remove(self, index: int) -> Storyboard:
        """The same board without a shot.

        Raises:
            BadStoryboard: There is no such shot; so for all edits below.
        """
        at = self._place(index)
        return self._spliced(at, at + 1, [])

    def move(self, index: int, to: int) -> Storyboard:
        """The same board with a shot in another place; the others close up."""
        at, to = self._place(index), self._place(to)
        rest = [*self.shots[:at], *self.shots[at + 1 :]]
        return Storyboard(self.instruction, (*rest[:to], self.shots[at], *rest[to:]))

    def reword(self, index: int, text: str) -> Storyboard:
        """The same board with another text in a shot. A text with marks makes several shots of it."""
        at = self._place(index)
        before, *more = MARK.split(text)
        pieces = list(zip(map(float, more[::2]), more[1::2], strict=True))
        if before.strip() or not pieces:
            pieces.insert(0, (self.shots[at].seconds, before))
        return self._spliced(at, at + 1, pieces)

    def split(self, index: int, at: float | None = None) -> Storyboard:
        """The same board with a shot cut in two.

        Sentences are dealt out between the two by their share of the time; both parts of a single
        sentence show the same.

        Args:
            index: The shot.
            at: Length of its first part; half of it if not given.

        Raises:
            BadStoryboard: The shot is too short, or ``at`` is not inside it.
        """
        place = self._place(index)
        shot = self.shots[place]
        first = _tenths(shot.seconds / 2 - 1e-9 if at is None else at)
        second = round(shot.seconds - first, 3)
        if min(first, second) < LEAST_SECONDS:
            raise BadStoryboard(
                f"Shot {place + 1} cannot be split"
                if at is None
                else f"Shot {place + 1} cannot be split at {at:g} s",
                why=f"It lasts {shot.seconds:g} s, and both parts need at least {LEAST_SECONDS:g} s",
                fix="Make it longer first, or split it elsewhere",
            )
        one, two = _dealt(shot.text, first / shot.seconds)
        return self._spliced(place, place + 1, [(first, one), (second, two)])

    def merge(self, index: int) -> Storyboard:
        """The same board with a shot and the next one joined: their words and their time.

        Raises:
            BadStoryboard: It is the last one.
        """
        at = self._place(index)
        if at + 1 == len(self.shots):
            raise BadStoryboard(
                f"Shot {at + 1} is the last one", fix="Merge the shot before it", why="None follows"
            )
        one, two = self.shots[at : at + 2]
        return self._spliced(at, at + 2, [(one.seconds + two.seconds, _joined(one.text, two.text))])

    # -- lengths

    @property
    def total(self) -> float:
        """Length of all shots together in seconds."""
        return total_of(self.shots)

    def left(self, seconds: float) -> float:
        """Seconds that are left over in a video of this length; negative when the shots are too long."""
        return round(seconds - self.total, 3)

    def balance(self, seconds: float) -> str:
        """The same in words: ``0.5 s left over``, ``1.2 s too long``, or empty when it fits."""
        left = self.left(seconds)
        return f"{abs(left):g} s {'left over' if left > 0 else 'too long'}" if left else ""

    def resize(self, index: int, seconds: float) -> Storyboard:
        """The same board with another length of a shot, on a tenth of a second."""
        at = self._place(index)
        return self._spliced(at, at + 1, [(_tenths(seconds), self.shots[at].text)])

    def stretch(self, seconds: float, index: int = -1) -> Storyboard:
        """The same board, with one shot made longer or shorter so that all last ``seconds``.

        Args:
            seconds: Length of the whole.
            index: The shot that gives way; the last one if not given.

        Raises:
            BadStoryboard: The shot is not long enough to give way.
        """
        at = self._place(index)
        length = round(self.shots[at].seconds + self.left(seconds), 3)
        if length < LEAST_SECONDS:
            raise BadStoryboard(
                f"Shot {at + 1} cannot be shortened by {-self.left(seconds):g} s",
                why=f"It lasts {self.shots[at].seconds:g} s",
                fix=f"Use fit({seconds:g}), which shortens all shots",
            )
        return self._spliced(at, at + 1, [(length, self.shots[at].text)])

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
        return self._spliced(0, len(self), zip(lengths, (shot.text for shot in self.shots), strict=True))

    # -- the parts of the above

    def _spliced(self, start: int, end: int, pieces: Iterable[tuple[float, str]]) -> Storyboard:
        """Pieces in place of the shots from ``start`` to before ``end``, each checked."""
        fresh: list[Shot] = []
        for number, (seconds, text) in enumerate(pieces, start + 1):
            if mark := MARK.search(text):
                raise BadStoryboard(
                    f"The text of shot {number} contains the mark {mark[0]}",
                    fix="Call shot() once for each shot, or use Storyboard.parse",
                )
            fresh.append(shot_of(number, seconds, text))
        shots = (*self.shots[:start], *fresh, *self.shots[end:])
        if len(shots) > MOST_SHOTS:
            raise too_many(len(shots))
        return Storyboard(self.instruction, shots)

    def _place(self, index: int) -> int:
        """An index as a place on this board; negative ones count from the end."""
        at = operator.index(index)
        at += len(self.shots) if at < 0 else 0
        if not 0 <= at < len(self.shots):
            raise self._no_such_place(index)
        return at

    def _no_such_place(self, index: int) -> BadStoryboard:
        count = f"{len(self)} shot{'s' * (len(self) != 1)}"
        return BadStoryboard(
            f"There is no shot at index {index}",
            why=f"The board has {count}, counted from 0",
            fix="Look at the board, and count again",
        )

    def __getitem__(self, index: int) -> Shot:
        return self.shots[index]

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


def _tenths(seconds: float) -> float:
    """A length on a tenth of a second; no number stays none, for `shot_of` to refuse."""
    return round(float(seconds), 1)


def _dealt(text: str, share: float) -> tuple[str, str]:
    """Sentences dealt out to two shots, the first of which gets about ``share`` of the letters."""
    sentences = [piece for piece in SENTENCE_END.split(text) if piece]
    if len(sentences) < 2:
        return text, text
    cut = min(
        range(1, len(sentences)),
        key=lambda n: abs(sum(map(len, sentences[:n])) / sum(map(len, sentences)) - share),
    )
    return _said(sentences[:cut]), _said(sentences[cut:])


def _joined(one: str, two: str) -> str:
    """The words of two shots as those of one; what both say is said once."""
    if one == two:
        return one
    return _said([one if one.endswith((*".!?…", *"。！？")) else f"{one}.", two])


def _said(sentences: Iterable[str]) -> str:
    """Sentences one after the other; Chinese and Japanese ones need no space."""
    return re.sub(r"(?<=[。！？]) ", "", " ".join(sentences))


def _short(text: str, most: int) -> str:
    """The beginning of a text, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 3] + "..."
