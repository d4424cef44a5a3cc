"""The vocabulary put together: one table from a word or phrase to what it means.

The tables of `vocabulary` and `nouns` are written for people. Here they are turned around, plurals
and verb forms are derived, and every phrase gets one `Sense`. The names of the emoji are added as the
long tail of nouns. All of it is built on first use and kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from sora_kit.language import nouns, vocabulary
from sora_kit.language.scene import Camera, Framing, Setting, Time, Weather

__all__ = (
    "LONGEST_HAN",
    "LONGEST_PHRASE",
    "Sense",
    "han",
    "is_han",
    "named",
    "participle",
    "phrases",
    "plural_of",
    "stop_words",
    "tail",
    "verbs",
    "words",
)

LONGEST_PHRASE = 5
"""Words in the longest phrase of the tables."""

LONGEST_HAN = 6
"""Characters in the longest Chinese word."""

Form = Literal["", "base", "s", "ing", "past"]


@dataclass(frozen=True, slots=True)
class Sense:
    """What a word or phrase means; a word may mean several things (rain: weather and light)."""

    setting: Setting | None = None
    late: Setting | None = None
    """A place that counts only when no real one is said."""
    time: Time | None = None
    weather: Weather = ""
    camera: Camera | None = None
    framing: Framing | None = None
    noun: str = ""
    plural: bool = False
    colour: str = ""
    count: int = 0
    action: str = ""
    part: bool = False
    """Part of a subject ("its eyes")."""


NOTHING = Sense()


@lru_cache(1)
def phrases() -> Mapping[str, Sense]:
    """English words and phrases in lower case, words separated by single spaces."""
    return {word: sense for word, sense in _all_senses().items() if not is_han(word)}


@lru_cache(1)
def han() -> Mapping[str, Sense]:
    """Chinese words."""
    known = {word: sense for word, sense in _all_senses().items() if is_han(word)}
    return {**dict.fromkeys(vocabulary.STOP_CHINESE.split(), NOTHING), **known}


@lru_cache(1)
def verbs() -> Mapping[str, tuple[str, Form]]:
    """Inflected verb → its plain form and which form it is."""
    stems = {phrase.split()[0] for phrase in _listed(vocabulary.ACTIONS.values()) if phrase.isascii()}
    table: dict[str, tuple[str, Form]] = {}
    for stem in sorted(stems | words(vocabulary.CAMERA_VERBS)):
        for word, form in _conjugate(stem):
            table.setdefault(word, (stem, form))
    return table


def participle(stem: str) -> str:
    """``running`` for ``run``."""
    return next((word for word, form in _conjugate(stem) if form == "ing"), stem)


@lru_cache(1)
def stop_words() -> frozenset[str]:
    """Words without a picture of their own."""
    return words(vocabulary.STOP)


@lru_cache(1)
def tail() -> Mapping[str, tuple[str, bool]]:
    """Word or phrase → (emoji name, is plural), for pictures of single things."""
    import emoji  # 5 MB of names; only a reader needs them

    names: dict[str, tuple[str, bool]] = {}
    for char, data in emoji.EMOJI_DATA.items():
        name = data["en"].strip(":")
        word = name.replace("_", " ").replace("-", " ").lower()
        one = len(char.removesuffix("\ufe0f")) == 1
        if not one or not NAME.fullmatch(word) or NOT_THINGS.search(word) or word in NOT_NOUNS:
            continue
        names.setdefault(word, (name, False))
        names.setdefault(plural_of(word), (name, True))
    return names


def words(listed: str) -> frozenset[str]:
    """A set of words, written as one string."""
    return frozenset(listed.split())


def named(typed: str) -> str:
    """The name of an emoji in lower case words, whatever its skin tone; empty if it is none."""
    import emoji

    bare = SKIN_TONE.sub("", typed)
    data = emoji.EMOJI_DATA.get(bare) or emoji.EMOJI_DATA.get(bare.replace("\ufe0f", ""))
    return data["en"].strip(":").replace("_", " ").replace("-", " ").lower() if data else ""


SKIN_TONE = re.compile("[\U0001f3fb-\U0001f3ff]")
NAME = re.compile(r"[a-z]{3,}(?: [a-z]{2,}){0,2}")
NOT_THINGS = re.compile(
    r"\b(with|face|button|mark|symbol|square|circle|arrow|hand|hands|sign|moon|clock|input|person|suit|cross|of|in|at|"
    r"on|no|japanese|triangle|bubble|track|heart|hearts|diamond|index|finger|exclamation|banknote|holding|pointing|"
    r"dancing|hugging|wrestling|crossing|viewing|crying|kissing|grinning|pouting|weary)\b"
)
"""Emoji whose name is a gesture, a sign or a sentence rather than a thing."""

NOT_NOUNS = words(
    "anger beans bikini biohazard bowling camping chains clamp construction cooking copyright customs "
    "cyclone divide dizzy dna ear eye eyes family fingerprint fire fly fog foggy foot footprints hole "
    "hook house houses ice infinity information key kiss label landslide leg ledger link locked lungs "
    "mate memo metro minus mirror mountain mouth multiply nose om package pager pick pickle pill plus "
    "prohibited radioactive receipt registered restroom rock rosette sake scroll seal seat seedling "
    "selfie skis sparkle sparkles splatter station sun sunrise sunset tamale thread tongue tooth unlocked "
    "warning watch wedding window wing wireless wood snowflake volleyball cricket bone brain bubbles "
    "cityscape cinema desert camera bank basket brick motorway hospital school stadium hotel factory "
    "church comet wheel feather"
) | {
    "national park",
    "hot springs",
    "light rail",
    "water wave",
    "fallen leaf",
    "running shirt",
    "desert island",
    "open folder",
    "control knobs",
    "building construction",
}
"""Emoji names that as a word in a sentence mostly mean something else, or are places of their own."""


def is_han(word: str) -> bool:
    """Whether a word is written without spaces between words (Chinese here)."""
    return "\u3400" <= word[:1] <= "\u9fff"


def _listed(values: Iterable[str]) -> Iterator[str]:
    for value in values:
        for phrase in value.split(", "):
            yield phrase.replace("-", " ").strip()


@lru_cache(1)
def _all_senses() -> Mapping[str, Sense]:
    table: dict[str, Sense] = {}

    def put(listed: str, **meaning: Any) -> None:
        for word in _listed([listed]):
            if word:
                old = table.get(word, NOTHING)
                new = {key: value for key, value in meaning.items() if not getattr(old, key)}
                table[word] = replace(old, **new)

    for noun, listed in {**nouns.NOUNS, **nouns.ALSO}.items():
        put(listed, noun=noun)
        put(
            ", ".join(plural_of(word) for word in _listed([listed]) if not is_han(word)),
            noun=noun,
            plural=True,
        )
    for plural, singular in nouns.IRREGULAR_PLURALS.items():
        if noun := table.get(singular, NOTHING).noun:
            table[plural] = Sense(noun=noun, plural=True)
    for count, listed in nouns.CROWDS.items():
        put(listed, noun="person", plural=True, count=count)
    put(", ".join(nouns.PARTS.split()), part=True)
    for setting, listed in vocabulary.SETTINGS.items():
        put(listed, setting=setting)
        put(
            ", ".join(plural_of(word) for word in _listed([listed]) if not is_han(word) and " " not in word),
            setting=setting,
        )
    for setting, listed in vocabulary.LATE_SETTINGS.items():
        put(listed, late=setting)
    for time, listed in vocabulary.TIMES.items():
        put(listed, time=time)
    for weather, listed in vocabulary.WEATHER.items():
        put(listed, weather=weather)
    for camera, listed in vocabulary.CAMERAS.items():
        put(listed, camera=camera)
    for framing, listed in vocabulary.FRAMINGS.items():
        put(listed, framing=framing)
    for colour, listed in vocabulary.COLOURS.items():
        put(listed, colour=colour)
    for count, listed in vocabulary.COUNTS.items():
        put(listed, count=count)
    for stem, listed in vocabulary.ACTIONS.items():
        put(listed, action=stem)
    for phrase in _listed([vocabulary.NEUTRAL]):
        table[phrase] = NOTHING
    return table


def plural_of(word: str) -> str:
    """``kittens`` for ``kitten``; empty for Chinese, which has no plural."""
    if not word or is_han(word):
        return ""
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"


def _conjugate(stem: str) -> Iterator[tuple[str, Form]]:
    yield stem, "base"
    for word in vocabulary.IRREGULAR_VERBS.get(stem, "").split():
        yield word, "ing" if word.endswith("ing") else "s" if word.endswith("ies") else "past"
    yield plural_of(stem), "s"
    root = stem[:-1] if stem.endswith("e") and not stem.endswith("ee") else stem
    yield root + "ing", "ing"
    yield (stem[:-1] + "ied" if stem.endswith("y") and stem[-2:-1] not in "aeiou" else root + "ed"), "past"
