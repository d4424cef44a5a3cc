"""Lengths of shots: as other programs write them, and estimated from words where nobody wrote one."""

from __future__ import annotations

import re
from datetime import timedelta

from sora_kit.errors import BadStoryboard
from sora_kit.language.shots import LEAST_SECONDS, MOST_SECONDS

__all__ = ("estimate", "read_length", "unreadable")

NUMBER = re.compile(
    r"([0-9]{1,6}(?:[.,][0-9]{1,9})?)\s*(ms|s|secs?|seconds?|秒|m|mins?|minutes?)?", re.IGNORECASE
)
CLOCK = re.compile(r"(?:([0-9]{1,3}):)?([0-9]{1,3}):([0-9]{1,2}(?:[.,][0-9]{1,9})?)")
UNITS = {"ms": 0.001, "m": 60.0}

CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
WORD = re.compile(r"\w+")

ACTION_PACE = 3.0
"""Words of description a second. A page of a screenplay has about 180 words and plays for a minute."""

SPEECH_PACE = 2.5
"""Spoken words a second, as people talk."""

CJK_WORD = 1.7
"""Chinese, Japanese or Korean characters that say as much as one English word."""

SHORTEST, LONGEST = 1.5, 12.0


def read_length(text: object) -> float | None:
    """A length in seconds, out of ``5``, ``5.0s``, ``0,5``, ``500 ms``, ``1 min``, ``0:05`` or a `timedelta`.

    Returns:
        The seconds, or None when it is no length.
    """
    if isinstance(text, timedelta):  # as is a pandas Timedelta
        return round(text.total_seconds(), 3)
    plain = str(text).strip()
    if found := CLOCK.fullmatch(plain):
        hours, minutes, seconds = found.groups()
        return round(int(hours or 0) * 3600 + int(minutes) * 60 + _number(seconds), 3)
    if found := NUMBER.fullmatch(plain):
        unit = (found[2] or "s").lower()
        return round(_number(found[1]) * UNITS.get(unit, 60.0 if unit.startswith("min") else 1.0), 3)
    return None


def estimate(action: str, speech: str = "") -> float:
    """How long a shot plays, to half a second.

    Args:
        action: What is described.
        speech: What is spoken.
    """
    seconds = _words(action) / ACTION_PACE + _words(speech) / SPEECH_PACE
    return min(max(round(seconds * 2) / 2, SHORTEST), LONGEST)


def unreadable(where: str, cell: object) -> BadStoryboard:
    """What to say of something that stands where a length should.

    Args:
        where: The place, for example ``Line 4``.
        cell: What stands there.
    """
    shown = " ".join(str(cell).split())[:40]
    return BadStoryboard(
        f"{where}: {shown!r} is not a length of a shot" if shown else f"{where} has no length",
        why=f"A shot lasts from {LEAST_SECONDS:g} to {MOST_SECONDS:g} s",
        fix="Write seconds, for example 5 or 2.5",
    )


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def _words(text: str) -> float:
    wide = len(CJK.findall(text))
    return len(WORD.findall(CJK.sub(" ", text))) + wide / CJK_WORD
