"""Size and length: what a request may ask of a model, and which model suits when none is named.

A size is written as pixels (``1280x720``), as a ratio (``16:9``), as an orientation (``portrait``) or
by its short side (``720p``). A model of the catalogue offers one or a few sizes and lengths; asking
for another is an error that names the model which has it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from sora_kit.errors import BadStoryboard, InvalidInput
from sora_kit.language.catalogue import MODELS, Model, choose_model, models_for
from sora_kit.language.request import Kind, Note
from sora_kit.language.styles import quoted

__all__ = ("fit_length", "fit_size", "read_seconds", "suitable_model")

Size = str | tuple[int, int]

PIXELS = re.compile(r"([0-9]{1,5})\s?[x*×]\s?([0-9]{1,5})")
RATIO = re.compile(r"([0-9]{1,3}):([0-9]{1,3})")
SHORT_SIDE = re.compile(r"([0-9]{3,4})p")

TOLERANCE = 0.05
"""Shots that add up to a length within a frame or two are meant to fill it (3 x 3.33 s)."""


def fit_size(model: Model, size: Size | None) -> tuple[int, int]:
    """The size in pixels that a request gets from a model.

    Args:
        model: The model that was chosen.
        size: What was asked for; None or ``auto`` takes the model's own.

    Raises:
        InvalidInput: The model does not make that size; ``fix`` names those that do.
    """
    wanted = _read_size(size)
    if wanted is None:
        return model.width, model.height
    for width, height in model.sizes:
        if wanted(width, height):
            return width, height
    if not model.sizes:
        raise InvalidInput(
            f"{model.id} makes no picture, so it has no size", fix="Leave the size out", param="size"
        )
    others = [m.id for m in models_for(model.kind) if any(wanted(*s) for s in m.sizes)]
    others.sort(key=lambda name: (MODELS[name].seconds != model.seconds, MODELS[name].tier != model.tier))
    own = " or ".join(f"{w}x{h}" for w, h in model.sizes)
    raise InvalidInput(
        f"{model.id} makes {own}, not {_print_size(size)}",
        fix=f"Use {' or '.join(others[:3])}" if others else f"Ask for {own}, or leave the size out",
        param="size",
    )


def fit_length(model: Model, seconds: float | None, total: float) -> tuple[float, Note | None]:
    """The length that a request gets from a model.

    A storyboard may be shorter than the model's length: the video then is as long as its shots. It
    may not be longer.

    Args:
        model: The model that was chosen.
        seconds: What was asked for in seconds, or None.
        total: Length of the storyboard, 0 without one.

    Raises:
        BadStoryboard: The shots do not fit.
        InvalidInput: The model does not make that length; ``fix`` names those that do.
    """
    if not model.lengths:
        if seconds:
            raise InvalidInput(f"{model.id} has no length", fix="Leave the seconds out", param="seconds")
        return 0.0, None
    longest = max(model.lengths)
    if seconds is None:
        fitting = sorted(length for length in model.lengths if length >= total - TOLERANCE)
        limit = (fitting or [longest])[0] if total else model.seconds
    elif seconds in model.lengths or (total and abs(total - seconds) <= TOLERANCE and seconds <= longest):
        limit = seconds
    else:
        raise _no_such_length(model, seconds)
    if total > limit + TOLERANCE:
        raise BadStoryboard(
            f"The shots last {total:g} s together, {round(total - limit, 3):g} s more than the video",
            why=f"{model.id} makes {limit:g} s",
            fix=f"Shorten them to {limit:g} s in all{_longer(model, total)}",
            param="prompt",
        )
    if total and total < limit - TOLERANCE:
        message = f"The shots last {total:g} s of {limit:g} s; the video will be {total:g} s long"
        return total, Note(f"{total:g} s", message)
    return limit, None


def suitable_model(kind: Kind, seconds: float | None, size: Size | None, total: float) -> Model:
    """The model for a request that names none.

    The standard ones come first; a length or size that only another one makes leads to that one.

    Raises:
        InvalidInput: No model makes it.
    """
    if kind in ("image", "character"):
        candidates = list(models_for(kind))
    elif kind in ("enhance", "extend"):
        return MODELS[choose_model(kind, seconds=seconds or 10.0)]
    else:
        order = ("standard", "pro-hd", "pro")
        candidates = sorted(models_for("video"), key=lambda m: order.index(m.tier))
    wanted = _read_size(size)
    fits = [m for m in candidates if wanted is None or any(wanted(*s) for s in m.sizes)]
    if not fits:
        return candidates[0]  # `fit_size` says what is wrong
    if seconds is not None and fits[0].lengths:
        exact = [m for m in fits if seconds in m.lengths]
        if not exact and total and abs(total - seconds) <= TOLERANCE:
            exact = [m for m in fits if max(m.lengths) >= seconds]
        if not exact:
            lengths = sorted({length for m in fits for length in m.lengths})
            names = ", ".join(f"{length:g}" for length in lengths)
            raise InvalidInput(
                f"No model makes {seconds:g} s", fix=f"Choose one of {names} s", param="seconds"
            )
        return exact[0]
    if total:
        long_enough = [m for m in fits if m.readme and max(m.lengths) >= total - TOLERANCE]
        return long_enough[0] if long_enough else max(fits, key=lambda m: max(m.lengths))
    return fits[0]


def read_seconds(seconds: float | str | None) -> float | None:
    """A length as typed (``10``, ``"10"``, ``"10s"``), or None when none was given.

    Raises:
        InvalidInput: It is not a positive number.
    """
    if seconds is None or seconds == "":
        return None
    try:
        number = float(seconds.strip().lower().removesuffix("s") if isinstance(seconds, str) else seconds)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if math.isfinite(number) and number >= 0:
        return round(number, 3)
    raise InvalidInput(
        f"{quoted(seconds)} is not a length in seconds", fix="Give a number, for example 10", param="seconds"
    )


def _read_size(size: Size | None) -> Callable[[int, int], bool] | None:
    """A size as a test on width and height; None when any will do."""
    if size is None or size in ("", "auto"):
        return None
    if not isinstance(size, str):
        try:
            across, down = (int(side) for side in size)
        except (TypeError, ValueError, OverflowError):
            raise _unreadable(size) from None
        return lambda w, h: (w, h) == (across, down)
    text = size.strip().lower()
    if found := PIXELS.fullmatch(text):
        exact = int(found[1]), int(found[2])
        return lambda w, h: (w, h) == exact
    if (found := RATIO.fullmatch(text)) and int(found[2]):
        ratio = int(found[1]) / int(found[2])
        return lambda w, h: abs(w / h - ratio) < 0.03 * ratio
    if found := SHORT_SIDE.fullmatch(text):
        side = int(found[1])
        return lambda w, h: min(w, h) == side
    tests: dict[str, Callable[[int, int], bool]] = {
        "landscape": lambda w, h: w > h,
        "portrait": lambda w, h: w < h,
        "square": lambda w, h: w == h,
    }
    if text in tests:
        return tests[text]
    raise _unreadable(size)


def _unreadable(size: object) -> InvalidInput:
    return InvalidInput(
        f"{quoted(size)} is not a size",
        fix="Write it like 1280x720, 16:9, 720p, landscape or portrait",
        param="size",
    )


def _print_size(size: object) -> str:
    return (
        size.strip()[:40]
        if isinstance(size, str)
        else "x".join(map(str, size))
        if isinstance(size, tuple)
        else str(size)
    )


def _no_such_length(model: Model, seconds: float) -> InvalidInput:
    own = ", ".join(f"{length:g}" for length in model.lengths)
    same = [m for m in models_for(model.kind) if seconds in m.lengths]
    same.sort(
        key=lambda m: (m.orientation != model.orientation, m.tier != model.tier, m.level != model.level)
    )
    return InvalidInput(
        f"{model.id} makes {own} s, not {seconds:g} s",
        fix=f"Use {same[0].id}" if same else f"Ask for {own} s, or leave the seconds out",
        param="seconds",
    )


def _longer(model: Model, total: float) -> str:
    """The end of a fix: the model that would hold ``total`` seconds, if there is one."""
    others = [m for m in models_for(model.kind) if max(m.lengths) >= total - TOLERANCE]
    others.sort(key=lambda m: (m.orientation != model.orientation, m.tier != model.tier, max(m.lengths)))
    return f", or use {others[0].id}" if others else ""
