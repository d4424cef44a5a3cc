"""Who a person in the picture is, from the words: build, hair, clothes and their colours."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Literal

from sora_kit.backends.animatic.light import Rgb, rgb_of

__all__ = ("Wardrobe", "dressed")

Hair = Literal["short", "long", "bun", "bald", "curly"]
Hat = Literal["", "brim", "chef", "cap", "point", "crown", "helmet", "headdress"]
Over = Literal["", "coat", "dress", "robe", "cape"]

_SKINS = ("#c98f6b", "#e0b08c", "#8a5a3e", "#f0c9a8", "#a9724e")
_HAIRS = ("#2b211c", "#4a3424", "#7a5232", "#1c1a1f", "#b98a4a")
_TOPS = ("#3f5a7a", "#7a4b3f", "#4b6b52", "#8a6d3b", "#5d4a78", "#2f6f73")

_FEMALE = (
    r"woman|women|girl|lady|queen|princess|ballerina|heroine|mermaid|mother|actress|bride|grandmother|"
    r"she|her|女"
)
_CHILD = r"boy|girl|child|children|kid|kids|baby|toddler|孩|少年|少女"
_OLD = r"old|elderly|grandfather|grandmother|grandpa|grandma|老"
_HATS: tuple[tuple[str, Hat], ...] = (
    (r"chef|厨师", "chef"),
    (r"wizard|witch|mage|sorcerer|magician|巫师|魔法师", "point"),
    (r"king|queen|prince|princess|国王|公主", "crown"),
    (r"knight|soldier|firefighter|worker|construction|guard|骑士|武士|samurai", "helmet"),
    (r"police|cop|pilot|captain|sailor|conductor|santa|cap\b|警察", "cap"),
    (r"detective|cowboy|jockey|farmer|fisherman|hat\b|侦探|牛仔", "brim"),
)
_OVERS: tuple[tuple[str, Over], ...] = (
    (r"cape|superhero|cloak|vampire", "cape"),
    (r"wizard|witch|mage|sorcerer|samurai|kimono|robe|monk|武士|巫师", "robe"),
    (r"dress|skirt|gown|princess|ballerina|bride|裙", "dress"),
    (r"coat|jacket|detective|raincoat|doctor|scientist|外套|大衣|侦探", "coat"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Wardrobe:
    """What a lay-figure wears and looks like. Colours are (3,) float32 in 0…255."""

    skin: Rgb
    hair_colour: Rgb
    top: Rgb
    legs: Rgb
    shoes: Rgb
    hair: Hair = "short"
    hat: Hat = ""
    over: Over = ""
    slim: bool = False
    child: bool = False
    beard: bool = False
    suit: bool = False
    """A space suit, which covers all of the above."""


def dressed(word: str, text: str, colour: str, variant: int = 0) -> Wardrobe:
    """Dress a person.

    Args:
        word: What the prompt calls them.
        text: The whole text, which may say what they wear.
        colour: ``#rrggbb`` said for them, or empty.
        variant: Tells the members of a group apart.
    """
    own, all_words = word.lower(), f"{word} {text}".lower()
    pick = int.from_bytes(
        hashlib.blake2b(f"{own}|{text}|{variant}".encode("utf-8", "ignore"), digest_size=6).digest()
    )
    # Pronouns of the text count only for a word that leaves it open; "she" says nothing about "the king".
    neutral = not re.search(r"\b(man|men|boy|king|prince|father|guy|wizard|knight|男)", own)
    slim = _says(_FEMALE, own) or (neutral and _says(_FEMALE, all_words))
    child, old = _says(_CHILD, own), _says(_OLD, own) or _says(r"old (man|woman)", all_words)
    if variant and not _says(_FEMALE + "|man|men|boy", own):
        slim = bool((pick >> 20) % 2)
    suit = _says(r"astronaut|cosmonaut|spaceman|宇航", own)
    top = rgb_of(colour or ("#e6e9ee" if suit else _uniform(own) or _TOPS[(pick + variant) % len(_TOPS)]))
    hair: Hair = "curly" if (pick >> 8) % 4 == 3 else "short"
    if slim:
        hair = "long" if (pick >> 8) % 3 else "bun"
    elif old and (pick >> 12) % 2:
        hair = "bald"
    over: Over = next((kind for words, kind in _OVERS if _says(words, all_words)), "")
    if not over and slim and _says(r"dancer|woman|lady|queen", own):
        over = "dress"
    return Wardrobe(
        skin=rgb_of(_SKINS[pick % len(_SKINS)]),
        hair_colour=rgb_of("#c9c6c2" if old else _HAIRS[(pick >> 4) % len(_HAIRS)]),
        top=top,
        legs=top * (0.92 if suit else 0.5) + (0 if suit else 8),
        shoes=top * 0.75 if suit else rgb_of("#2a2a30"),
        hair=hair,
        hat=next((kind for words, kind in _HATS if _says(words, all_words)), "") if not suit else "",
        over=over if not suit else "",
        slim=slim and not suit,
        child=child,
        beard=not slim
        and not child
        and not suit
        and (old or _says(r"wizard|viking|santa|beard|king|fisherman", all_words)),
        suit=suit,
    )


def _uniform(word: str) -> str:
    """The usual colour of a profession's clothes."""
    for words, colour in (
        (r"chef|doctor|scientist|nurse|bride|ballerina", "#ece9e2"),
        (r"police|cop|pilot|captain", "#2d3e5c"),
        (r"santa|superhero", "#b8322f"),
        (r"detective", "#8c7650"),
        (r"soldier", "#5d6845"),
        (r"knight|guard", "#8d949c"),
        (r"wizard|witch|mage|sorcerer|king|queen", "#54408a"),
        (r"vampire|ninja", "#26252d"),
        (r"samurai|武士", "#7c2f34"),
        (r"princess|fairy", "#d98bb0"),
        (r"firefighter|construction|worker", "#d08a2e"),
    ):
        if _says(words, word):
            return colour
    return ""


def _says(pattern: str, text: str) -> bool:
    return re.search(rf"(?:\b(?:{pattern})\b)|(?:{_han_only(pattern)})", text) is not None


def _han_only(pattern: str) -> str:
    """The Chinese alternatives of a pattern, which have no word boundaries."""
    words = [word for word in pattern.split("|") if word and not word.isascii()]
    return "|".join(words) or r"(?!)"
