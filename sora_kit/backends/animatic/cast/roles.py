"""The casting table: what each noun is drawn as.

Canonical nouns of the vocabulary have an entry each; every other emoji name gets one made up by
`role_for`: its own symbol if the symbol face has it, a stand-in of the same build, or a card with the
word on it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from sora_kit.backends.animatic.cast.actor import Mode
from sora_kit.backends.animatic.cast.glyphs import can_draw
from sora_kit.backends.animatic.cast.poses import Stance
from sora_kit.backends.animatic.cast.warps import Life

__all__ = ("Role", "role_for")

Kind = Literal["symbol", "person", "rider", "parts", "card"]


@dataclass(frozen=True, slots=True)
class Role:
    """How a noun is drawn."""

    kind: Kind
    colour: str
    """Its own colour, ``#rrggbb``."""
    height: float
    """Share of the frame's height at medium framing."""
    symbol: str = ""
    """For symbols: the character; for parts: the model."""
    mode: Mode = "stand"
    looks: Literal["left", "right", ""] = "left"
    """Which way the symbol looks by itself; empty if it has no sides."""
    legs: bool = False
    """Whether it walks on legs that can be found in the drawing."""
    life: Life | None = None
    wheels: bool = False
    """Whether its parts move only when it drives (or flies)."""
    horn: bool = False
    """Whether it wears a unicorn's horn."""
    gap: int = 0
    """Width of gaps between strokes that belong to the body (see `glyphs.glyph`)."""
    bust: bool = False
    """Whether the engraver cut it off at an edge."""
    accent: str = ""
    """Colour of its smaller regions."""
    heavy: bool = False
    """Whether its broad black parts are meant as black."""
    living: bool = False
    stance: Stance | None = None
    """For persons: what they do unless the scene says otherwise."""
    prop: str = ""
    aloft: str = ""
    """Symbol to use in the air instead (a bird with open wings)."""


def _beast(symbol: str, colour: str, height: float, **more: object) -> Role:
    return replace(Role("symbol", colour, height, symbol, legs=True, living=True), **more)  # type: ignore[arg-type]


def _flier(symbol: str, colour: str, height: float, life: Life | None, **more: object) -> Role:
    return replace(Role("symbol", colour, height, symbol, mode="fly", life=life, living=True), **more)  # type: ignore[arg-type]


def _swimmer(symbol: str, colour: str, height: float, life: Life | None = "swim", **more: object) -> Role:
    return replace(Role("symbol", colour, height, symbol, mode="float", life=life, living=True), **more)  # type: ignore[arg-type]


def _thing(symbol: str, colour: str, height: float, **more: object) -> Role:
    return replace(Role("symbol", colour, height, symbol, looks=""), **more)  # type: ignore[arg-type]


def _person(stance: Stance | None = None, prop: str = "", height: float = 0.56) -> Role:
    return Role("person", "", height, living=True, stance=stance, prop=prop, looks="right")


def _vehicle(kind: str, colour: str, height: float, mode: Mode = "stand") -> Role:
    return Role("parts", colour, height, kind, mode=mode, looks="right", wheels=True)


def _grown(model: str, colour: str, height: float) -> Role:
    return Role("parts", colour, height, model, looks="")


_ROLES: dict[str, Role] = {
    "person": _person(),
    "runner": _person("run"),
    "dancer": _person("dance"),
    "surfer": _person("surf", "board"),
    "swimmer": replace(_person("swim"), mode="float"),
    "cyclist": _person("cycle", "bicycle"),
    "rider": Role("rider", "#7a4a2c", 0.60, looks="right", living=True),
    "astronaut": _person(height=0.54),
    "robot": _thing("🤖", "#9aa6b2", 0.40, accent="#dfe7ee", living=True),
    "alien": _thing("👽", "#8fae8a", 0.34, living=True),
    "ghost": _flier("👻", "#e8ecf2", 0.36, "trail"),
    "cat": _beast("🐈", "#b9a58c", 0.34),
    "dog": _beast("🐕", "#c99a5b", 0.38),
    "horse": _beast("🐎", "#7a4a2c", 0.46, looks="right"),
    "cow": _beast("🐄", "#d8cfc4", 0.42),
    "pig": _beast("🐖", "#e5a9a0", 0.34),
    "elephant": _beast("🐘", "#8b8d92", 0.56),
    "camel": _beast("🐫", "#c59a63", 0.50),
    "rabbit": _beast("🐇", "#c9b8a4", 0.26, legs=False),
    "squirrel": _beast("🐿", "#a8683a", 0.26, legs=False),
    "mouse": _beast("🐀", "#8f8a86", 0.20),
    "chicken": _beast("🐓", "#c9744a", 0.28, looks="right"),
    "bird": _flier("🕊", "#7d9cc0", 0.24, "wings", aloft="🕊"),
    "penguin": _beast("🐧", "#f1eee6", 0.36, legs=False, looks="right", heavy=True, life="sway"),
    "turtle": _beast("🐢", "#6f8a4a", 0.24),
    "snake": _beast("🐍", "#6d9450", 0.28, legs=False, life="sway"),
    "crocodile": _beast("🐊", "#5f7f48", 0.30, legs=False, life="swim"),
    "dragon": _flier("🐉", "#3e8a64", 0.50, "swim"),
    "whale": _swimmer("🐋", "#4a6f96", 0.42),
    "dolphin": _swimmer("🐬", "#5f8fb2", 0.36),
    "fish": _swimmer("🐠", "#e0913f", 0.24),
    "octopus": _swimmer("🐙", "#c46a78", 0.36, "trail", looks=""),
    "bee": _flier("🐝", "#e2b33e", 0.16, None, heavy=True),
    "butterfly": _flier("🦋", "#e39a3c", 0.18, "flutter", looks="", heavy=True),
    "spider": _beast("🕷", "#3a3a40", 0.20, legs=False, looks=""),
    "unicorn": _beast("🐎", "#efe4f2", 0.46, looks="right", horn=True),
    "car": _vehicle("car", "#c0453a", 0.30),
    "taxi": _vehicle("taxi", "#e0b83c", 0.30),
    "bus": _vehicle("bus", "#c8523e", 0.38),
    "truck": _vehicle("truck", "#3f74b8", 0.40),
    "motorcycle": _thing("🏍", "#b23a36", 0.36, looks="right", heavy=True),
    "train": _vehicle("train", "#3b4a5c", 0.36),
    "rocket": _thing("🚀", "#d5d9df", 0.46, mode="fly", accent="#c9434a"),
    "plane": _thing("🛩", "#dfe5ea", 0.22, mode="fly", looks="left"),
    "helicopter": _vehicle("helicopter", "#c9963f", 0.28, "fly"),
    "boat": _thing("⛵", "#9a4a36", 0.44, mode="float", accent="#f6eedd"),
    "ship": _vehicle("ship", "#3a4c66", 0.36, "float"),
    "ufo": _thing("🛸", "#9fb0bd", 0.30, mode="fly"),
    "house": _thing("🏠", "#b98a63", 0.46, accent="#f2dfae"),
    "castle": _thing("🏰", "#9a9288", 0.56, accent="#e8d8a8"),
    "volcano": _grown("volcano", "#6a5048", 0.50),
    "sunflower": _grown("sunflower", "#eab932", 0.44),
    "flower": _grown("tulip", "#d2586e", 0.34),
    "cactus": _grown("cactus", "#5f8f54", 0.44),
    "balloon": _thing("🎈", "#cf4a45", 0.30, mode="fly", life="trail"),
    "guitar": _thing("🎸", "#b5683a", 0.44, accent="#e8d3a8"),
    "coffee": _thing("☕", "#a86b45", 0.32, accent="#f3ece0"),
    "pizza": _thing("🍕", "#e0a94e", 0.34, accent="#c9483a"),
    "cake": _thing("🎂", "#eac4b0", 0.38, accent="#f4d27a", life="flame"),
    "phone": _thing("📱", "#4a5666", 0.34, accent="#cfe3ee"),
    "computer": _thing("💻", "#8b97a5", 0.34, accent="#cfe3ee"),
    "candle": _thing("🕯", "#f0e2c2", 0.36, accent="#ffb84a", life="flame"),
    "ball": _thing("⚽", "#f0f0ee", 0.20, heavy=True),
    "gift": _thing("🎁", "#c44a52", 0.30, accent="#f0d58a"),
    "crown": _thing("👑", "#dcb244", 0.26),
}

_STAND_INS: dict[str, Role] = {
    # animals of which the symbol face has only the head, or nothing
    "wolf": _beast("🐕", "#84868c", 0.40),
    "fox": _beast("🐕", "#c8682f", 0.34),
    "leopard": _beast("🐆", "#d8a75c", 0.32, heavy=True),
    "tiger": _beast("🐅", "#dc9240", 0.40, heavy=True, legs=False),
    "goat": _beast("🐐", "#cfc4b2", 0.38),
    "ewe": _beast("🐑", "#ece6da", 0.36),
    "ram": _beast("🐏", "#cbb99c", 0.40),
    "water_buffalo": _beast("🐃", "#55504e", 0.44),
    "ox": _beast("🐂", "#8a5c3e", 0.44, looks="right"),
    "bison": _beast("🐃", "#5f4634", 0.46),
    "donkey": _beast("🐎", "#8d8580", 0.40, looks="right"),
    "zebra": _beast("🦓", "#f2efe8", 0.44, legs=False, heavy=True, gap=44),
    "lion": _beast("🦁", "#d89a45", 0.36, legs=False, looks="", heavy=True, gap=60),
    "gorilla": _beast("🦍", "#4a4648", 0.36, legs=False, looks="", accent="#8a8084"),
    "deer": _beast("🦌", "#a87a4c", 0.42, legs=False, looks="", heavy=True),
    "frog": _beast("🐸", "#6f9f4a", 0.30, legs=False, looks="", bust=True),
    "sauropod": _beast("🦕", "#6f9a5c", 0.46, legs=False, bust=True, looks="right"),
    "T-Rex": _beast("🦖", "#7d8f4e", 0.46, legs=False, bust=True, looks="right"),
    "rhinoceros": _beast("🦏", "#8b8d92", 0.40, legs=False, bust=True, looks="right"),
    "panda": _beast("🐼", "#f4f1ea", 0.34, legs=False, looks="", heavy=True),
    "polar_bear": _beast("🐻", "#eef0f0", 0.36, legs=False, looks=""),
    "duck": _beast("🦆", "#8a7a4e", 0.24, legs=False),
    "eagle": _flier("🦅", "#6b4a30", 0.34, "wings"),
    "parrot": _flier("🕊", "#3f9a58", 0.26, "wings"),
    "dove": _flier("🕊", "#f0eee8", 0.26, "wings"),
    "owl": _beast("🦉", "#8f6f4c", 0.30, legs=False, looks=""),
    "bat": _flier("🦇", "#3b3440", 0.26, "wings", looks="", heavy=True),
    "shark": _swimmer("🦈", "#7d8c98", 0.30),
    "blowfish": _swimmer("🐡", "#d8c060", 0.26),
    "squid": _swimmer("🦑", "#d27a86", 0.38, "trail", looks=""),
    "jellyfish": _swimmer("🐙", "#c9a2dc", 0.34, "trail", looks=""),
    "shrimp": _swimmer("🦐", "#e08a6a", 0.24, "trail"),
    "orca": _swimmer("🐬", "#2c3440", 0.40),
    "kite": replace(_grown("kite", "#cf4a45", 0.30), mode="fly"),
    "fire": _thing("🔥", "#e8742c", 0.36, life="flame"),
    "snowman": _thing("⛄", "#f2f5f8", 0.44),
    "palm_tree": _thing("🌴", "#4f8a4e", 0.60, life="sway"),
    "evergreen_tree": _thing("🌲", "#3f6b4a", 0.60, life="sway"),
    "deciduous_tree": _thing("🌳", "#5f9150", 0.56, life="sway"),
    "bicycle": _thing("🚲", "#3f74b8", 0.36),
    "police_car": _vehicle("car", "#2d3e5c", 0.30),
    "racing_car": _vehicle("car", "#c22f2f", 0.28),
    "sport_utility_vehicle": _vehicle("car", "#4f7a5c", 0.32),
    "automobile": _vehicle("car", "#c0453a", 0.30),
    "ambulance": _vehicle("truck", "#e9e6e0", 0.40),
    "delivery_truck": _vehicle("truck", "#c99a3c", 0.40),
    "articulated_lorry": _vehicle("truck", "#3f74b8", 0.40),
    "pickup_truck": _vehicle("truck", "#7a4b3f", 0.38),
    "minibus": _vehicle("bus", "#e0c04a", 0.36),
    "locomotive": _vehicle("train", "#3b4a5c", 0.36),
    "passenger_ship": _vehicle("ship", "#3a4c66", 0.36, "float"),
    "ferry": _vehicle("ship", "#4f7a8c", 0.34, "float"),
    "rose": _grown("tulip", "#c8323f", 0.34),
    "trolleybus": _vehicle("bus", "#4a86b0", 0.38),
    "monarch_butterfly": _flier("🦋", "#e08a2c", 0.18, "flutter", looks="", heavy=True),
    "merperson": replace(_person("swim"), mode="float"),
    "skier": _person("surf", "board"),
    "snowboarder": _person("surf", "board"),
    "horse_racing": Role("rider", "#7a4a2c", 0.60, looks="right", living=True),
    "woman_dancing": _person("dance"),
    "man_dancing": _person("dance"),
}

_SAME = {
    "small_airplane": "plane",
    "airplane": "plane",
    "honeybee": "bee",
    "flying_saucer": "ufo",
    "wrapped_gift": "gift",
    "hot_beverage": "coffee",
    "birthday_cake": "cake",
    "mobile_phone": "phone",
    "laptop": "computer",
    "soccer_ball": "ball",
    "sailboat": "boat",
    "two-hump_camel": "camel",
    "rat": "mouse",
    "rooster": "chicken",
    "spouting_whale": "whale",
    "tropical_fish": "fish",
}
"""Emoji whose name is not the vocabulary's noun for the same thing."""

_PEOPLE = (
    "detective guard construction_worker police_officer mage fairy vampire elf genie zombie prince "
    "princess Santa_Claus man woman boy girl child baby old_man old_woman ninja superhero supervillain "
    "clown_face pregnant_woman breast-feeding people_wrestling people_hugging troll goblin"
)

_COLOURS: dict[str, str] = {
    # What the long tail looks like, where it is known; the rest gets a quiet colour of its own.
    "#c8483c": "red_apple strawberry cherries tomato hot_pepper red_envelope red_paper_lantern crab rose "
    "boxing_glove fire_engine postbox maple_leaf lipstick high-heeled_shoe bullseye watermelon",
    "#e0b440": "banana lemon pineapple cheese_wedge trophy bell star glowing_star honey_pot sports_medal "
    "trumpet saxophone old_key baby_chick hatching_chick french_fries light_bulb custard money_bag",
    "#e08a3c": "tangerine carrot basketball peach roasted_sweet_potato circus_tent tent",
    "#6a9a4c": "green_apple pear melon cucumber broccoli avocado herb shamrock four_leaf_clover frog lizard "
    "sauropod T-Rex kiwi_fruit bug green_salad tanabata_tree pine_decoration Christmas_tree tractor",
    "#8a5a38": "violin chestnut bread croissant baguette_bread cookie doughnut chocolate_bar pretzel bear "
    "monkey hedgehog potato coconut drum door coffin telescope pie pancakes hamburger amphora briefcase "
    "boar mantelpiece_clock framed_picture",
    "#8d6bb0": "grapes eggplant crystal_ball gem_stone joystick",
    "#e2a0b4": "pig_nose cherry_blossom hibiscus ice_cream soft_ice_cream candy lollipop shortcake ribbon "
    "bouquet blossom shaved_ice brain",
    "#5f8fbe": "droplet umbrella jeans fountain globe_showing_Americas necktie backpack dress speedboat "
    "canoe police_car_light video_game motor_boat closed_umbrella steaming_bowl open_book",
    "#eceae4": "egg skull white_flower envelope newspaper cloud rice_ball toilet bathtub cooked_rice "
    "snowman_without_snow tumbler_glass page_facing_up wine_glass",
    "#9aa3ad": "dagger crossed_swords anchor gear hammer wrench scissors kitchen_knife shield camera "
    "movie_camera television radio satellite tram elephant rhinoceros koala spoon fork_and_knife "
    "hammer_and_wrench nut_and_bolt microscope studio_microphone video_camera ferris_wheel",
    "#4c4650": "ant top_hat sunglasses bomb film_projector musical_keyboard musical_note headphone "
    "black_flag",
    "#c2543f": "Tokyo_tower shinto_shrine",
}
_QUIET = ("#8a93a3", "#a58f74", "#7f9a86", "#a87f72", "#8b83a6", "#7d9aa8", "#b39a62", "#98808f")


@lru_cache(512)
def role_for(noun: str) -> Role:
    """The role of a noun. There is one for every string; unknown ones become a card with the word."""
    known = _ROLES.get(_SAME.get(noun, noun)) or _STAND_INS.get(noun)
    if known is not None:
        return known
    if noun in _PEOPLE.split():
        return _person()
    colour = _colour_of(noun)
    symbol = _symbols().get(noun, "")
    if symbol and can_draw(symbol):
        return Role("symbol", colour, 0.36, symbol, looks="")
    return Role("card", colour, 0.34, looks="")


def _colour_of(noun: str) -> str:
    for colour, names in _COLOURS.items():
        if noun in names.split():
            return colour
    digest = hashlib.blake2b(noun.encode("utf-8", "ignore"), digest_size=2).digest()
    return _QUIET[digest[0] % len(_QUIET)]


@lru_cache(1)
def _symbols() -> dict[str, str]:
    """Emoji name → character, for emoji of one character."""
    import emoji  # 5 MB of names, wanted only for the long tail

    table: dict[str, str] = {}
    for sequence, data in emoji.EMOJI_DATA.items():
        char = sequence.replace("\ufe0f", "")
        if len(char) == 1:
            table.setdefault(data["en"].strip(":"), char)
    return table
