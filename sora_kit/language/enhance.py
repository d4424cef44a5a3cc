"""From a few words to a shooting script, without a model.

The prompt is read by the same reader that the animatic draws from, so the script, the chips and the
preview agree. The reading fills five sections, PRIMARY, SETTING, LOOK, CAMERA and LIGHT (``long`` adds
SOUND, CONTINUITY and FINISHING), and ends in a timeline of ``[3.5s]`` shots. Fed back to `parse`, the
sections are the general instruction and the shots add up to the length exactly.

The same arguments always give the same text.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import get_args

from sora_kit.errors import BadStoryboard, InvalidInput
from sora_kit.language import phrasebook as book
from sora_kit.language.catalogue import Level
from sora_kit.language.lexicon import plural_of
from sora_kit.language.nouns import DOERS
from sora_kit.language.reading import read_scene
from sora_kit.language.request import Shot
from sora_kit.language.scene import Scene
from sora_kit.language.shots import MARK, read_shots
from sora_kit.language.storyboard import Storyboard
from sora_kit.language.styles import STYLES, Style, find_style
from sora_kit.language.tags import read_style

__all__ = ("enhance",)

MOST_KEPT = 8_000
"""Characters of a very long prompt that go into the script, so that it stays within a prompt's limit."""

PEOPLE = frozenset({"person", "rider", "astronaut", "mage", "police_officer", "clown_face", *DOERS.values()})
LIKE = {
    "gallop": "run",
    "ride": "run",
    "ski": "run",
    "roll": "run",
    "crawl": "walk",
    "climb": "walk",
    "cycle": "drive",
    "leave": "drive",
    "fall": "skydive",
    "rise": "fly",
    "drink": "eat",
    "cook": "eat",
    "stand": "look",
    "read": "sit",
    "write": "sit",
    "work": "sit",
}
"""Actions that share the beats of another."""


def enhance(
    prompt: str,
    level: Level = "medium",
    seconds: float = 10,
    style: str | Style | None = None,
    seed: int = 0,
) -> str:
    """Write a shooting script for a prompt.

    Args:
        prompt: A few words or a whole storyboard; may be empty. A style tag counts as ``style``.
        level: ``short`` is about 70 words, ``medium`` 130, ``long`` 230, for a prompt of a few words.
        seconds: Length of the video, 1 to 120.
        style: The look, as id or `Style`.
        seed: Another seed gives another wording of the beats.

    Returns:
        Sections and a timeline, one to a line.

    Raises:
        InvalidInput: An unknown level or style, or an impossible length.
    """
    if level not in get_args(Level):
        raise InvalidInput(f"{level!r} is not a level", fix="Use short, medium or long", param="level")
    if not 1 <= seconds <= 120:
        raise InvalidInput(f"{seconds:g} s cannot be scripted", fix="Choose 1 to 120 s", param="seconds")
    reading = read_style(prompt)
    known = find_style(style) if style else STYLES.get(next(iter(reading.styles), ""))
    board = _board(reading.text[:MOST_KEPT])
    said = [text.rstrip(" .") for text in (board.instruction, *(shot.text for shot in board)) if text]
    brief = " ".join(". ".join(said).split())
    scene = read_scene(brief)
    script = _Script(scene, brief, level, known, seed)
    timeline = script.retold(board) if board.shots else script.invented(seconds)
    return "\n".join([*script.sections(), timeline.fit(float(seconds)).to_prompt()])


def _board(text: str) -> Storyboard:
    """The user's own shots, if they can be read; else all words as one instruction."""
    try:
        return Storyboard(*read_shots(text))
    except BadStoryboard:
        return Storyboard(" ".join(MARK.sub(" ", text).split()))


@dataclass(frozen=True, slots=True)
class _Script:
    """One script in the making."""

    scene: Scene
    brief: str
    level: Level
    style: Style | None
    seed: int

    def sections(self) -> list[str]:
        place, light = book.PLACES[self.scene.setting], book.LIGHTS[self.scene.time]
        air = book.AIR[self.scene.weather]
        look = self.style.prompt_suffix if self.style else book.NATURAL
        move, lens = book.MOVES[self.scene.camera], book.LENSES[self.scene.framing]
        if self.level == "short":
            return [
                f"PRIMARY: {self._primary()}",
                f"SETTING: {_sentence(place.name, air)}",
                f"LOOK: {_sentence(look)}",
                f"CAMERA: {_sentence(move, lens)}",
                f"LIGHT: {_sentence(light.quality)}",
            ]
        depth = f"Foreground: {place.near}. Midground: {place.middle}. Background: {place.far}."
        lines = [
            f"PRIMARY: {self._primary()} One subject, one clear action at a time.",
            f"SETTING: {_sentence(place.name, air)} {depth}",
            f"LOOK: {_sentence(look)} Palette: {light.palette}.",
            f"CAMERA: {_sentence(move, f'{lens} lens', 'eye level')} One move per shot, level horizon.",
            f"LIGHT: {_sentence(light.quality, light.detail)}",
        ]
        if self.level == "long":
            lines += [
                f"SOUND: {_sentence(place.sound)} Only sounds of the place itself, no score.",
                f"CONTINUITY: {self._continuity()} The light keeps its direction.",
                f"FINISHING: {_sentence(book.GRADES)}",
            ]
        return lines

    def invented(self, seconds: float) -> Storyboard:
        """A timeline of our own: three beats for 10 s, four for 15, five for 20."""
        count = min(max(round(seconds / 4 + 0.25), 1), 5)
        middles = {3: ((1,), (2,), (3,)), 4: ((1, 2), (1, 3), (2, 3)), 5: ((1, 2, 3),)}.get(count, ((),))
        picks = (0, *self._pick(middles), 4)[:count]
        step = seconds / count
        cuts = [round(i * step * 2) / 2 for i in range(count)] + [seconds]
        beats = self._beats()
        shots = (
            Shot(cuts[n + 1] - cuts[n], self._row(n, count, beats[pick])) for n, pick in enumerate(picks)
        )
        return Storyboard("", tuple(shots))

    def _pick(self, options: tuple[tuple[int, ...], ...]) -> tuple[int, ...]:
        """One of the options, the same for the same prompt and seed on every platform."""
        return options[zlib.crc32(f"{self.brief}|{self.seed}".encode()) % len(options)]

    def retold(self, board: Storyboard) -> Storyboard:
        """The user's own shots with the missing directions added."""
        shots = (
            Shot(shot.seconds, self._row(i, len(board), shot.text.rstrip(" .。")))
            for i, shot in enumerate(board)
        )
        return Storyboard("", tuple(shots))

    def _row(self, number: int, count: int, beat: str) -> str:
        plan = book.FRAMINGS.get(count, book.FRAMINGS[5])
        framing = plan[number % len(plan)]
        if number == 0 and "framing" in self.scene.said:
            framing = self.scene.framing
        row = f"{framing.capitalize()}{'' if framing == 'close-up' else ' shot'}: {beat}."
        if self.level == "short":
            return row
        focus = book.FOCUS[framing].format(who=self._who()[0])
        if self.level == "medium":
            return f"{row} Focus: {focus}."
        move = (book.MOVES[self.scene.camera], "the same move continues", "the move eases to a stop")[
            min(number, 2)
        ]
        return f"{row} Camera: {move}. Focus: {focus}. Cut on action."

    def _continuity(self) -> str:
        if not self.scene.subjects:
            return "Keep the place identical in every shot: same layout, same air, same colours."
        return f"Keep {self._who()[0]} identical in every shot: same shape, same colours, same size and pace."

    def _primary(self) -> str:
        if not self.brief:
            return "A quiet view that invites a story."
        return _sentence(self.brief.rstrip(" ,;:"))

    def _who(self) -> tuple[str, bool]:
        """The first subject as a noun phrase, and whether it is plural."""
        if not self.scene.subjects:
            return ("the scene" if "setting" in self.scene.said else "the subject"), False
        subject = self.scene.subjects[0]
        word = subject.word.lower()
        if word.startswith("@"):
            return subject.word, False
        if not word.isascii() or word.endswith("ing"):
            word = subject.noun.replace("_", " ")
            word = plural_of(word) if subject.count > 1 else word
        return f"the {word}", subject.count > 1

    def _beats(self) -> tuple[str, ...]:
        if not self.scene.subjects and "setting" in self.scene.said:
            return book.EMPTY
        who, plural = self._who()
        noun = self.scene.subjects[0].noun if self.scene.subjects else ""
        kinds = (("animal", book.ANIMALS), ("machine", book.MACHINES), ("person", PEOPLE))
        kind = next((name for name, nouns in kinds if noun in nouns), "thing")
        action = LIKE.get(self.scene.action, self.scene.action)
        beats = book.BEATS.get(action) or book.BEATS[kind]
        return tuple(f"{who} {_agreeing(beat, plural=plural)}" for beat in beats)


def _agreeing(beat: str, *, plural: bool) -> str:
    """Give the verbs marked with ``*`` the form of their subject."""
    words = []
    for word in beat.split(" "):
        stem, star, rest = word.partition("*")
        if star and not plural:
            stem += "es" if stem.endswith(("s", "sh", "ch", "x", "o")) else "s"
        words.append(stem + rest)
    return " ".join(words)


def _sentence(*parts: str) -> str:
    """One sentence: a capital first, commas between, a full stop at the end."""
    text = ", ".join(part for part in parts if part)
    return (
        text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?", "。", "！", "？", "…")) else ".")
    )
