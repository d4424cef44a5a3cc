"""Who or what a prompt is about, as words that can stand in another prompt.

A character is known by such words wherever its name is not: "A fluffy grey kitten runs" is about "a
fluffy grey kitten".
"""

from __future__ import annotations

from sora_kit.language.phrases import Phrase, cut_phrases
from sora_kit.language.reading import PASSING, read_scenes
from sora_kit.language.request import Request
from sora_kit.language.scene import Subject

__all__ = ("describe_subject",)

MOST_WORDS = 4
"""Adjectives that are taken along."""

ARTICLES = frozenset(("a", "an", "the", "and", "of", "his", "its", "her", "their", "的"))


def describe_subject(request: Request) -> str:
    """The first subject of a request with its adjectives, or empty if the text tells of none."""
    for scene in read_scenes(request):
        if "subjects" in scene.said:
            return _described(scene.text, scene.subjects[0])
    return ""


def _described(text: str, subject: Subject) -> str:
    phrases = cut_phrases(text)
    at = next((i for i, phrase in enumerate(phrases) if phrase.typed == subject.word), None)
    if at is None or subject.word.startswith("@"):
        return ""
    sense = phrases[at].sense
    words = [
        subject.word if sense is not None and sense.noun else subject.noun
    ]  # "surfing" tells of a surfer
    for phrase in reversed(phrases[max(0, at - MOST_WORDS) : at]):
        if not _describes(phrase):
            break
        words.insert(0, phrase.typed)
    noun = " ".join(words).lower() if text.isascii() else " ".join(words)
    if not noun.isascii() or subject.count > 1:
        return noun
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _describes(phrase: Phrase) -> bool:
    """Whether the phrase is an adjective, as far as the lexicon can tell."""
    if phrase.breaks or phrase.key in ARTICLES:
        return False
    if phrase.sense is not None:
        return bool(phrase.sense.colour) and not phrase.sense.noun
    return phrase.content or phrase.key in PASSING
