"""Style tags and references: finding them in a prompt and taking them out again.

A prompt carries more than prose: ``{anime}`` names a look, ``s_…`` and ``gen_…`` name earlier videos
of Sora, ``@name`` names a character. Tags and ids are removed from the text, names stay.

Two rules make the reading stable, so that a printed request reads back as itself:

* A removed piece always leaves a gap behind. What stood left and right of it never grows together
  into a new tag, id or shot mark.
* Only *top-level* brace groups are tags. Taking one out does not change which of the remaining
  braces belong together.

Everything is one pass over the text; no pattern can backtrack further than one token.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sora_kit.language.request import Note
from sora_kit.language.styles import STYLES, find_style, is_style, near_style

__all__ = (
    "StyleReading",
    "cut_out",
    "find_characters",
    "find_generations",
    "find_posts",
    "read_style",
    "replace_characters",
)

Span = tuple[int, int]

POST = re.compile(
    r"(?<![A-Za-z0-9_])(?:https?://)?(?:www\.)?sora\.(?:chatgpt\.)?com/p/(s_[0-9a-f]{32})(?![A-Za-z0-9_])"
    r"(?:[?#][A-Za-z0-9_.~%&=+/-]*)?"
    r"|(?<![A-Za-z0-9_])(s_[0-9a-f]{32})(?![A-Za-z0-9_])"
)
"""A published video of Sora: its link, with any query, or its bare id."""

GENERATION = re.compile(r"(?<![A-Za-z0-9_])(gen_[A-Za-z0-9]{4,64})(?![A-Za-z0-9_])")
"""A video in an account's own drafts. At least four characters, so that ``gen_z`` stays a word."""

CHARACTER = re.compile(r"(?<![A-Za-z0-9_.+%@-])@([A-Za-z0-9][A-Za-z0-9_.-]*)")
"""A character's name. What stands before the @ tells it from an e-mail address."""

BRACE = re.compile(r"[{}]")
WORD = re.compile(r"\s*([^\W\d_][\w-]{0,39})\s*\Z")
CLOSERS = frozenset(",.;:!?，。；：！？、")
MOST_NOTES = 20


def cut_out(text: str, spans: list[Span]) -> str:
    """The text without the spans, neat at the seams and stripped at both ends.

    Args:
        text: Any text.
        spans: Half-open ranges, ascending and apart from one another.
    """
    pieces: list[str] = []
    start = 0
    for left, right in [*spans, (len(text), len(text))]:
        if piece := text[start:left]:
            pieces.append(piece)
        start = right
    out: list[str] = []
    gap = ""  # the white space before the next piece, seen so far
    for piece in pieces:
        core = piece.strip()
        if not core:
            gap = _wider(gap, piece)
            continue
        if out:
            seam = _wider(gap, piece[: len(piece) - len(piece.lstrip())])
            closes = core[0] in CLOSERS and (len(core) == 1 or core[1].isspace())
            if closes and core[0] == out[-1][-1]:  # "a cat, {anime}, running" has one comma too many
                core = core[1:].lstrip()
            elif closes:  # "a cat {anime}." has a space too many
                seam = ""
            if core:
                out.append(seam)
        if core:
            out.append(core)
        gap = piece[len(piece.rstrip()) :]
    return "".join(out)


def _wider(left: str, right: str) -> str:
    """One gap for two: line breaks are kept, anything else becomes a single space."""
    lines = max(left.count("\n"), right.count("\n"))
    return "\n" * lines or " "


@dataclass(frozen=True, slots=True)
class StyleReading:
    """What the brace groups of a text say."""

    text: str
    """Without its style tags."""

    styles: tuple[str, ...]
    """Ids of the styles named, in order, each once."""

    notes: tuple[Note, ...]
    """About words in braces that are no style."""


def read_style(text: str) -> StyleReading:
    """Take the style tags out of a text.

    A tag is one word in braces, with or without space around it. Groups that hold anything else
    (``{a b}``, JSON) stay as they are; a word that is no style stays too and is noted.
    """
    spans: list[Span] = []
    styles: list[str] = []
    notes: dict[str, Note] = {}
    for left, right, nested in _groups(text):
        found = WORD.match(text, left + 1, right - 1)
        if not found:
            continue
        word, typed = found[1], text[left:right]
        if is_style(word) and not nested:
            spans.append((left, right))
            styles.append(find_style(word).id)
        elif len(notes) < MOST_NOTES and typed not in notes:
            notes[typed] = _unknown(typed, word, nested=nested)
    kept = cut_out(text, spans) if spans else text.strip()
    return StyleReading(kept, tuple(dict.fromkeys(styles)), tuple(notes.values()))


def _unknown(typed: str, word: str, *, nested: bool) -> Note:
    if nested and is_style(word):
        style = find_style(word).id
        return Note(typed, "A style tag inside other braces is left in the text", f"{{{style}}}")
    near = near_style(word)
    if near:
        return Note(typed, f"There is no style {typed}; did you mean {{{near}}}?", near)
    return Note(typed, f"{typed} is not a style and stays in the text; styles are {', '.join(STYLES)}")


def _groups(text: str) -> list[tuple[int, int, bool]]:
    """Matched pairs of braces in order of their start: (start, end, lies inside another pair)."""
    stack: list[int] = []
    pairs: list[Span] = []
    for brace in BRACE.finditer(text):
        if brace[0] == "{":
            stack.append(brace.start())
        elif stack:
            pairs.append((stack.pop(), brace.end()))
    groups: list[tuple[int, int, bool]] = []
    covered = 0
    for left, right in sorted(pairs):
        groups.append((left, right, right <= covered))
        covered = max(covered, right)
    return groups


def find_posts(text: str) -> list[tuple[str, Span]]:
    """The ``s_…`` ids of published videos, with the range that the link or id takes."""
    return [(found[1] or found[2], found.span()) for found in POST.finditer(text)]


def find_generations(text: str) -> list[tuple[str, Span]]:
    """The ``gen_…`` ids, with their ranges."""
    return [(found[1], found.span()) for found in GENERATION.finditer(text)]


def find_characters(*texts: str) -> tuple[str, ...]:
    """Names mentioned as ``@name``, in order of first mention."""
    names = (found[1].rstrip(".-") for text in texts for found in CHARACTER.finditer(text))
    return tuple(dict.fromkeys(names))


def replace_characters(text: str, words: Mapping[str, str]) -> str:
    """The text with words in place of names.

    Args:
        text: Any text.
        words: By name without the ``@``, as `find_characters` gives them; other names stay. The first
            letter is written large where a sentence begins.
    """

    def put(found: re.Match[str]) -> str:
        name = found[1].rstrip(".-")
        if not (said := words.get(name)):
            return found[0]
        before = text[: found.start()].rstrip(" \t")
        begins = not before or before[-1] in ".!?\n。！？"
        return (said[:1].upper() + said[1:] if begins else said) + found[1][len(name) :]

    return CHARACTER.sub(put, text)
