"""Text in pictures: any string of any script, in runs of whatever font can draw it.

A prompt may hold anything: emoji, Arabic, Chinese, control characters, half of a surrogate pair,
thirty thousand letters without a space. Nothing here raises on such input. A string is cleaned, cut
into runs that one font can draw, and each run is drawn in turn:

1. the wanted typeface, 2. the plain text face, 3. the symbol face, 4. a font of this machine.

Letters that none of them has are *left out*, and an ellipsis shows the gap; symbols are left out
without one. Empty boxes would look like a broken picture, and a transliteration would be invented.
`drawable` tells callers what is left, so that a caption of which nothing is left can say so in words.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from sora_kit.backends.animatic.fonts import FontName, coverage, path_of, system, typeface

__all__ = (
    "NO_FONT",
    "Face",
    "clean",
    "draw_text",
    "drawable",
    "font",
    "line_height",
    "text_mask",
    "text_width",
    "wrap",
)

NO_FONT = "(caption in a script that no font on this machine can draw)"
"""What a caption says when nothing of it can be drawn."""

_LONGEST = 4000  # characters of a string that are looked at; a picture never shows more
_ELLIPSIS = "…"


class Face(NamedTuple):
    """A typeface at a size in pixels."""

    name: FontName
    size: int


class _Run(NamedTuple):
    """Characters that one font draws."""

    path: Path
    text: str


def font(name: FontName, size: int) -> ImageFont.FreeTypeFont:
    """A vendored typeface at ``size`` pixels."""
    return typeface(path_of(name), size)


def clean(text: str) -> str:
    """``text`` as one line without what has no shape: controls, joiners, variation marks, lone surrogates.

    Skin tones are dropped too: they are colours, and the symbol face is drawn in one ink.
    """
    kept: list[str] = []
    for char in unicodedata.normalize("NFC", _without_surrogates(text[:_LONGEST])):
        kind = unicodedata.category(char)
        if char.isspace() or kind in ("Zl", "Zp"):
            if kept and kept[-1] != " ":
                kept.append(" ")
        elif kind[0] != "C" and not _shapeless(char):
            kept.append(char)
    return "".join(kept).strip()


def drawable(text: str, name: FontName = "ui") -> str:
    """What is left of ``text`` when it is drawn: cleaned, with ``…`` for letters that no font has.

    Empty when nothing is left.
    """
    left = " ".join("".join(run.text for run in _runs(clean(text), name)).split())
    return left if left.strip("… ") else ""


def text_width(text: str, face: Face) -> float:
    """Width in pixels of ``text`` on one line."""
    return sum(typeface(run.path, face.size).getlength(run.text) for run in _runs(clean(text), face.name))


def line_height(face: Face) -> int:
    """Distance between baselines that suits a face."""
    return round(face.size * 1.3)


def wrap(text: str, face: Face, width: float, max_lines: int) -> list[str]:
    """Break ``text`` into lines that fit.

    Lines break at spaces and between Chinese, Japanese and Korean characters; a word that is longer
    than a line is cut. What does not fit in the last line is replaced by an ellipsis.

    Args:
        text: Any string.
        face: What it will be drawn in.
        width: Room in pixels.
        max_lines: At most so many lines.

    Returns:
        The lines from top to bottom; empty when nothing can be drawn.
    """
    pieces = list(_pieces(drawable(text, face.name)))
    lines: list[str] = []
    at = 0
    while at < len(pieces) and len(lines) < max_lines:
        line = ""
        while at < len(pieces) and text_width(line + pieces[at], face) <= width:
            line += pieces[at]
            at += 1
        if not line:  # one piece is wider than the line
            fits = _fitting(pieces[at], face, width)
            line, pieces[at] = pieces[at][:fits], pieces[at][fits:]
            if not pieces[at]:
                at += 1
        lines.append(line.strip())
    if at < len(pieces) and lines:
        last = lines[-1]
        fits = _fitting(last, face, width - text_width(_ELLIPSIS, face), at_least=0)
        lines[-1] = last[:fits].rstrip(" .,;:") + _ELLIPSIS
    return lines


def draw_text(
    draw: ImageDraw.ImageDraw, xy: tuple[float, float], text: str, face: Face, fill: int = 255
) -> float:
    """Draw one line into a mask.

    Args:
        draw: Of an ``L`` image.
        xy: Left end and top of the line, in pixels.
        text: Any string; a right-to-left one is laid out from the right.
        face: Typeface and size.
        fill: Level of the ink.

    Returns:
        The width that was drawn, in pixels.
    """
    x, y = xy
    baseline = y + font(face.name, face.size).getmetrics()[0]
    runs = list(_runs(clean(text), face.name))
    if _right_to_left(text):
        runs.reverse()
    for run in runs:
        shape = typeface(run.path, face.size)
        draw.text((x, baseline), run.text, font=shape, fill=fill, anchor="ls")
        x += shape.getlength(run.text)
    return x - xy[0]


def text_mask(text: str, face: Face) -> Image.Image:
    """One line as an ``L`` image, as wide as the text and one line high."""
    image = Image.new("L", (max(1, round(text_width(text, face)) + 2), line_height(face)), 0)
    draw_text(ImageDraw.Draw(image), (1, 0), text, face)
    return image


@lru_cache(512)
def _runs(text: str, name: FontName) -> tuple[_Run, ...]:
    runs: list[_Run] = []
    for char in text:
        # A space or mark goes on in the font of the letters before it, where that has it.
        joins = runs and (char == " " or unicodedata.combining(char)) and ord(char) in coverage(runs[-1].path)
        path = runs[-1].path if joins else _font_for(ord(char), name)
        if path is None:
            if unicodedata.category(char)[0] not in "LN" or (
                runs and runs[-1].text.rstrip().endswith(_ELLIPSIS)
            ):
                continue
            char, path = _ELLIPSIS, path_of(name)  # noqa: PLW2901  (one gap, one mark)
        if runs and runs[-1].path == path:
            runs[-1] = _Run(path, runs[-1].text + char)
        else:
            runs.append(_Run(path, char))
    return tuple(runs)


@lru_cache(8192)
def _font_for(code: int, name: FontName) -> Path | None:
    plain: FontName = "bold" if name in ("bold", "title", "comic") else "ui"
    order: tuple[FontName, ...] = (name, plain, "symbols")
    for candidate in order:
        if code in coverage(path_of(candidate)):
            return path_of(candidate)
    return system.find(code)


def _pieces(text: str) -> Iterator[str]:
    """Where a line may break: words with the space after them, and single East Asian characters."""
    word = ""
    for char in text:
        if unicodedata.east_asian_width(char) in ("W", "F"):
            if word:
                yield word
            word = char
        elif (
            word and (word[-1] == " " or unicodedata.east_asian_width(word[-1]) in ("W", "F")) and char != " "
        ):
            if unicodedata.category(char) in ("Po", "Pe", "Pf") and word[-1] != " ":
                word += char  # no line starts with a closing mark
                continue
            yield word
            word = char
        else:
            word += char
    if word:
        yield word


def _fitting(text: str, face: Face, width: float, at_least: int = 1) -> int:
    """How many of the first characters fit, by halving."""
    low, high = at_least, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if text_width(text[:middle], face) <= width:
            low = middle
        else:
            high = middle - 1
    return low


def _right_to_left(text: str) -> bool:
    """Whether the first letter with a direction runs to the left."""
    for char in text[:_LONGEST]:
        side = unicodedata.bidirectional(char)
        if side in ("L", "R", "AL"):
            return side != "L"
    return False


def _without_surrogates(text: str) -> str:
    return text.encode("utf-8", "ignore").decode("utf-8")


def _shapeless(char: str) -> bool:
    code = ord(char)
    return 0xFE00 <= code <= 0xFE0F or 0x1F3FB <= code <= 0x1F3FF or code == 0x20E3
