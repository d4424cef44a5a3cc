"""Fountain screenplays: scene headings and action become shots.

Fountain (fountain.io) is a screenplay as plain text. It is read in two steps: lines become elements
by the rules of the syntax, and elements become shots:

- each paragraph of action is a shot; the first one of a scene begins with the place and time of its
  heading, so that the shots after it can take them over,
- dialogue goes to the shot before it, in quotation marks, and makes it longer,
- a heading without action is a shot of the place,
- title page, notes, sections, synopses, transitions and centred titles are left out.

A screenplay has no lengths. They are estimated from the number of words (see `lengths`), and
`Storyboard.fit` brings them to the length of a video.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sora_kit.errors import BadStoryboard
from sora_kit.language.interchange.lengths import estimate
from sora_kit.language.shots import MARK, MOST_SHOTS
from sora_kit.language.storyboard import Storyboard

__all__ = ("from_fountain", "is_fountain")

HEADING = re.compile(r"(?:INT\.?/EXT|EXT\.?/INT|INT|EXT|EST|I/E)(?:\.|\s)\s*(?=\S)", re.IGNORECASE)
INDOORS = re.compile(r"INT\b", re.IGNORECASE)
SCENE_NUMBER = re.compile(r"#[\w.\- ]{1,20}#$")
TITLE_KEY = re.compile(r"(?:title|credit|authors?|source|draft date|contact|notes|copyright):", re.IGNORECASE)
EMPHASIS = re.compile(r"(?<!\\)(\*{1,3}|_)(?=\S)(.{1,300}?)(?<=\S)\1")
HIDDEN = (("/*", "*/"), ("[[", "]]"))
"""Where a passage begins and ends that is not part of the screenplay."""

Kind = Literal["heading", "action", "character", "speech", "skipped"]


@dataclass(frozen=True, slots=True)
class Element:
    """A piece of a screenplay."""

    kind: Kind
    text: str
    line: int


@dataclass(slots=True)
class Draft:
    """A shot in the making."""

    line: int
    place: str
    action: str = ""
    said: str = ""
    speech: str = ""

    @property
    def text(self) -> str:
        parts = [self.place and f"{self.place}.", self.action, self.said]
        return " ".join(part for part in parts if part)


def from_fountain(text: str) -> Storyboard:
    """Read a screenplay.

    Raises:
        BadStoryboard: It has no scene or action, or more shots than a board holds.
    """
    shots = list(_shots(text))
    if not shots:
        raise BadStoryboard(
            "Line 1: there is nothing to see in this screenplay",
            why="It has no scene heading and no action",
            fix="Write a heading such as EXT. MEADOW - DAY, and below it what happens",
        )
    if len(shots) > MOST_SHOTS:
        raise BadStoryboard(
            f"Line {shots[MOST_SHOTS].line}: shot {MOST_SHOTS + 1} is one too many",
            why=f"The screenplay has {len(shots)} shots, and a board has at most {MOST_SHOTS}",
            fix="Import one scene at a time",
        )
    board = Storyboard()
    for shot in shots:
        board = board.shot(estimate(f"{shot.place} {shot.action}", shot.speech), shot.text)
    return board


def is_fountain(text: str) -> bool:
    """Whether a text without a file name looks like a screenplay: it has a scene heading."""
    return any(element.kind == "heading" for element in _elements(text))


def _shots(text: str) -> Iterator[Draft]:
    """Shots in order; a heading waits for its first action."""
    open_: Draft | None = None
    for element in _elements(text):
        words = _plain(element.text)
        if not words:
            continue
        if element.kind == "heading":
            if open_:
                yield open_
            open_ = Draft(element.line, words)
        elif element.kind == "action":
            if open_ and (open_.action or open_.said):
                yield open_
                open_ = None
            open_ = open_ or Draft(element.line, "")
            open_.action = words
        elif element.kind in ("character", "speech"):
            open_ = open_ or Draft(element.line, "")
            if element.kind == "character":
                name = words.title() if words.isupper() else words
                open_.said += f"{' ' if open_.said else ''}{name}:"
            else:
                open_.said += f" “{words}”"
                open_.speech += f" {words}"
    if open_:
        yield open_


def _elements(text: str) -> Iterator[Element]:
    """The rules of the syntax, paragraph by paragraph."""
    for start, lines in _paragraphs(text):
        first = lines[0].strip()
        if (place := _heading(first)) is not None:
            yield Element("heading", place, start)
            if lines[1:]:
                yield Element("action", " ".join(lines[1:]), start + 1)
        elif _skipped(first):
            yield Element("skipped", first, start)
            if lines[1:] and first[0] in "#=":
                yield Element("action", " ".join(lines[1:]), start + 1)
        elif len(lines) > 1 and _is_character(first):
            name = re.sub(r"\(.*?\)|[@^]", "", first).strip()
            yield Element("character", name, start)
            spoken = [line.strip().lstrip("~") for line in lines[1:]]
            spoken = [line for line in spoken if not (line.startswith("(") and line.endswith(")"))]
            yield Element("speech", " ".join(spoken), start + 1)
        else:
            yield Element("action", " ".join(line.strip().removeprefix("!") for line in lines), start)


def _paragraphs(text: str) -> Iterator[tuple[int, list[str]]]:
    """Runs of lines without an empty one between them, each with the number of its first line."""
    lines = _shown(text.replace("\r\n", "\n").replace("\r", "\n")).removeprefix("\ufeff").split("\n")
    at = _end_of_title(lines)
    while at < len(lines):
        end = at
        while end < len(lines) and lines[end].strip():
            end += 1
        if end > at:
            yield at + 1, lines[at:end]
        at = end + 1


def _shown(text: str) -> str:
    """Without notes and commented passages. Their line breaks stay, so that the numbers are true."""
    for begin, end in HIDDEN:
        first, *rest = text.split(begin)
        kept = [first]
        for piece in rest:
            inside, closed, after = piece.partition(end)
            kept.append("\n" * inside.count("\n") + after if closed else begin + piece)
        text = "".join(kept)
    return text


def _end_of_title(lines: list[str]) -> int:
    """The title page is a first paragraph of ``Title: …`` lines."""
    if not lines or not TITLE_KEY.match(lines[0]):
        return 0
    return next((n for n, line in enumerate(lines) if not line.strip()), len(lines))


def _heading(line: str) -> str | None:
    """Place and time in plain words, if the line is a scene heading."""
    if line.startswith(".") and not line.startswith(".."):
        words, indoors = line[1:], False
    elif found := HEADING.match(line):
        words, indoors = line[found.end() :], bool(INDOORS.match(line))
    else:
        return None
    place, *rest = re.split(r"\s+[-–—]+\s+", SCENE_NUMBER.sub("", words.strip()).strip())
    if not place:
        return None
    lowered = [part.lower() if part.isupper() else part for part in (place, *rest)]
    lowered[0] = f"interior, {lowered[0]}" if indoors else lowered[0]
    said = ", ".join(lowered)
    return said[0].upper() + said[1:]


def _skipped(line: str) -> bool:
    """Whether nothing of this line is seen."""
    if line[0] in "#=>":
        return True
    return line.isupper() and line.endswith(("TO:", "FADE OUT.", "FADE IN:", "FADE TO BLACK."))


def _is_character(line: str) -> bool:
    if line.startswith("@"):
        return True
    name = re.sub(r"\(.*?\)", "", line).rstrip("^ ").strip()
    return name.isupper() and not line.startswith("!") and len(name) <= 40


def _plain(text: str) -> str:
    """Without emphasis marks and line breaks, and without shot marks of its own."""
    return " ".join(MARK.sub(" ", EMPHASIS.sub(r"\2", text)).split())
