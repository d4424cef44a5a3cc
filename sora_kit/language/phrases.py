"""Cutting a text into phrases that the lexicon knows.

English is matched word by word, the longest phrase first, in the form typed and then with verbs in
their plain form ("pushes in" is "push in"). Chinese has no spaces, so the longest known word is taken
at each character. The cost is linear in the length of the text.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, replace

from sora_kit.language.lexicon import (
    LONGEST_HAN,
    LONGEST_PHRASE,
    Form,
    Sense,
    han,
    is_han,
    named,
    phrases,
    stop_words,
    tail,
    verbs,
    words,
)

__all__ = ("Phrase", "cut_phrases")

TOKEN = re.compile(
    r"(?<![\w.])@[A-Za-z0-9][\w.-]*|[^\W_]+(?:['’][^\W_]+)?|[,.;:!?，。；：！？、\n]+"
    r"|[\u2600-\u27bf\u2b00-\u2bff\U0001f300-\U0001faff][\ufe0f\U0001f3fb-\U0001f3ff]{0,2}"
    r"(?:\u200d[\u2600-\u27bf\U0001f300-\U0001faff][\ufe0f\U0001f3fb-\U0001f3ff]{0,2}){0,4}"
)
"""A character's name, a word, punctuation, or an emoji with what is joined to it."""

PUNCTUATION = frozenset(",.;:!?，。；：！？、\n")
ADVERBS = words("slowly gently smoothly quickly steadily softly gradually suddenly")
"""Dropped before matching, so that "pushes slowly in" is a push in."""

OPENERS = words(
    "a an the this that these those his her its their my our your no some of in on at with by from for into "
    "and to one two three four five"
)
"""Words after which a noun comes rather than a verb."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """One or more words with one meaning."""

    typed: str
    """As typed, words separated by single spaces."""

    key: str
    """In lower case."""

    sense: Sense | None = None
    """What it means, or None if the lexicon does not know it."""

    form: Form = ""
    """For a verb, which form it is."""

    content: bool = True
    """False for stop words and punctuation."""

    @property
    def breaks(self) -> bool:
        """Whether it ends a noun phrase."""
        return self.key[:1] in PUNCTUATION

    @property
    def opens_noun(self) -> bool:
        """Whether a noun rather than a verb is expected after it."""
        return self.key in OPENERS or bool(self.sense and (self.sense.colour or self.sense.count))


def cut_phrases(text: str) -> list[Phrase]:
    """The phrases of a text, in order, punctuation included."""
    out: list[Phrase] = []
    run: list[str] = []
    for found in TOKEN.finditer(text):
        token = found[0]
        if token[0] in PUNCTUATION:
            out += _english(run)
            run = []
            out.append(Phrase(token, token, content=False))
        elif token[0] == "@":  # a character; who it is, only the backend knows
            out += _english(run)
            run = []
            name = token.rstrip(".-")
            out.append(Phrase(name, name, Sense(noun="person")))
        elif token[0] >= "\u2600" and not token[0].isalnum():
            out += _english(run)
            run = []
            out.append(_emoji(token))
        elif token.isascii():
            if token.lower() not in ADVERBS:
                run.append(token)
        else:  # a word without spaces around it may be half Chinese, as in "3只cat"
            for in_han, letters in itertools.groupby(token, is_han):
                if in_han:
                    out += _english(run)
                    run = []
                    out += _chinese("".join(letters))
                else:
                    run.append("".join(letters))
    return out + _english(run)


def _english(typed: list[str]) -> list[Phrase]:
    """Longest match first over a run of words without punctuation."""
    keys = [word.lower().replace("’", "'") for word in typed]
    plain = [verbs().get(key, (key, ""))[0] for key in keys]
    out: list[Phrase] = []
    i = 0
    while i < len(typed):
        for n in range(min(LONGEST_PHRASE, len(typed) - i), 0, -1):
            phrase = _look_up(keys[i : i + n], plain[i : i + n])
            if phrase:
                out.append(replace(phrase, typed=" ".join(typed[i : i + n])))
                break
        else:
            key, n = keys[i], 1
            content = len(key) > 1 and not key.isdecimal() and key not in stop_words()
            out.append(Phrase(typed[i], key, content=content))
        i += n
    return out


def _look_up(keys: list[str], plain: list[str]) -> Phrase | None:
    """The phrase that these words are, if they are one."""
    known, key = phrases(), " ".join(keys)
    sense = known.get(key)
    if len(keys) > 1:
        sense = sense or known.get(" ".join(plain))
        if not sense and key in tail():
            sense = _thing(key)
        return Phrase(key, key, sense) if sense else None
    stem, form = verbs().get(key, (key, ""))
    verb = known.get(stem)
    if form and verb and verb.action:
        if not sense:
            return Phrase(key, key, Sense(action=verb.action), form)
        return Phrase(key, key, replace(sense, action=verb.action), form)
    bare = key.removesuffix("'s").removesuffix("'")
    sense = sense or known.get(bare)
    if not sense and bare not in stop_words() and bare in tail():
        sense = _thing(bare)
    return Phrase(key, key, sense, content=key not in stop_words()) if sense else None


def _emoji(typed: str) -> Phrase:
    """An emoji means what the words of its name mean: 🐱 is "cat face", 🚀 "rocket"."""
    names = [named(typed)]
    names.append(names[0].removesuffix(" face"))
    names.append(names[0].removeprefix("woman ").removeprefix("man "))
    for name in filter(None, names):
        sense = phrases().get(name) or (_thing(name) if name in tail() else None)
        if sense and sense != Sense():
            return Phrase(typed, name, sense)
    return Phrase(typed, typed)


def _thing(key: str) -> Sense:
    noun, plural = tail()[key]
    return Sense(noun=noun, plural=plural)


def _chinese(text: str) -> list[Phrase]:
    """Longest match first over a run of Chinese characters."""
    out: list[Phrase] = []
    unknown = ""
    i = 0
    while i < len(text):
        for n in range(min(LONGEST_HAN, len(text) - i), 0, -1):
            word = text[i : i + n]
            sense = han().get(word)
            if sense is not None:
                if unknown:
                    out.append(Phrase(unknown, unknown))
                    unknown = ""
                empty = sense == Sense()
                out.append(Phrase(word, word, None if empty else sense, content=not empty))
                break
        else:
            n = 1
            unknown += text[i]
        i += n
    if unknown:
        out.append(Phrase(unknown, unknown))
    return out
