"""Shots as text: ``[5.0s]A cat skydives``, a length in square brackets and what is seen.

Whatever stands before the first mark is the general instruction. `read_shots` takes a text apart,
`print_shots` puts it together again, and `shot_of` holds the limits of one shot, so that a board that
was built, read or imported obeys the same ones.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from sora_kit.errors import BadStoryboard
from sora_kit.language.request import Shot

__all__ = (
    "LEAST_SECONDS",
    "MARK",
    "MOST_SECONDS",
    "MOST_SHOTS",
    "print_shots",
    "read_shots",
    "shot_of",
    "too_many",
    "total_of",
)

MOST_SHOTS = 30
LEAST_SECONDS = 0.1
MOST_SECONDS = 3600.0

# Counts are bounded so that a long run of digits or spaces costs no more than its own length.
MARK = re.compile(r"\[\s{0,9}(-?[0-9]{1,9}(?:\.[0-9]{1,9})?)\s{0,9}s\s{0,9}\]")
"""A shot mark. Other square brackets are plain text."""


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
        raise too_many(len(lengths))
    pieces = zip(lengths, texts, strict=True)
    return instruction, tuple(shot_of(i, float(length), text) for i, (length, text) in enumerate(pieces, 1))


def print_shots(instruction: str, shots: Iterable[Shot]) -> str:
    """The text that `read_shots` reads back."""
    lines = [f"[{shot.seconds}s]{shot.text}" for shot in shots]
    return "\n".join([instruction, *lines] if instruction else lines)


def total_of(shots: Iterable[Shot]) -> float:
    """Length of all shots together in seconds, to the millisecond."""
    return round(math.fsum(shot.seconds for shot in shots), 3)


def shot_of(number: int, seconds: float, text: str) -> Shot:
    """A shot, if it can be one.

    Args:
        number: Its place on the board from 1, for the error.
        seconds: Its length.
        text: What is seen.

    Raises:
        BadStoryboard: It is empty, or of an impossible length.
    """
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


def too_many(count: int) -> BadStoryboard:
    """What to say of a board with so many shots."""
    return BadStoryboard(
        f"The storyboard has {count} shots",
        why=f"At most {MOST_SHOTS} are allowed",
        fix="Join some of them, or make two videos",
        param="prompt",
    )
