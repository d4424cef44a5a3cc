"""Which words a sentence takes back: "a cat, no dog", "not raining", "没有雨".

A negation silences what comes after it, up to the first thing, weather, time or verb that it can mean,
and on through "or" and "and" ("without rain or snow"). It never reaches back, nor over punctuation, nor
past a preposition ("no dog in the park" still plays in the park). What a sentence takes back is understood
by not being shown.
"""

from __future__ import annotations

from collections.abc import Iterator

from sora_kit.language.lexicon import is_han, words
from sora_kit.language.phrases import Phrase

__all__ = ("negated",)

NEGATIONS = words("no not without never neither nor cannot dont doesnt isnt arent 没有 没 不要 不是")
NEGATING_ENDS = ("不", "没", "无")
"""Last characters of a Chinese word that the lexicon does not know: 并不, 从没."""

NOT_NEGATED = words("only just merely simply")
""""Not only a cat but also a dog" takes nothing back."""

ANDS = words("and 和")
MORE = ANDS | words("or nor")
FILLERS = words("longer")
PREPOSITIONS = words("in on at under by above over")
ARTICLES = words("a an the his her its their my")


def negated(phrases: list[Phrase]) -> frozenset[int]:
    """Indices of the negating words and of what they silence."""
    silent: set[int] = set()
    for i, phrase in enumerate(phrases):
        if i not in silent and _negates(phrase):
            after = phrases[i + 1].key if i + 1 < len(phrases) else ""
            if after not in NOT_NEGATED:
                silent.update((i, *_scope(phrases, i + 1)))
    return frozenset(silent)


def _negates(phrase: Phrase) -> bool:
    if phrase.sense is not None:
        return False
    if is_han(phrase.key):
        return phrase.key in NEGATIONS or phrase.key.endswith(NEGATING_ENDS)
    return phrase.key in NEGATIONS or phrase.key.replace("’", "'").endswith("n't")


def _scope(phrases: list[Phrase], start: int) -> Iterator[int]:
    seen = done = False  # a word with a picture; a word that the negation can mean
    for i in range(start, len(phrases)):
        phrase, sense = phrases[i], phrases[i].sense
        if phrase.breaks:
            return
        if not phrase.content and sense is None:
            if not seen:
                continue  # "not in a forest", "isn't a dog"
            joined = phrase.key in MORE and i + 1 < len(phrases) and phrases[i + 1].key not in ARTICLES
            if not joined:
                return
            seen, done = phrase.key in ANDS, False  # "without a hat and runs": she runs
            continue
        if phrase.key in FILLERS:
            yield i
            continue
        if seen and phrase.key.split()[0] in PREPOSITIONS:
            return  # "no clouds in the sky"
        acts = sense is not None and bool(sense.action) and not sense.noun
        if done or (acts and seen):
            return  # "without a collar running": the verb is the subject's
        yield i
        seen = True
        # "sunny" in "no sunny day" is no end; a thing, a verb, a weather or a place is
        done = sense is not None and bool(
            sense.noun or sense.action or sense.weather or sense.setting or sense.late
        )
