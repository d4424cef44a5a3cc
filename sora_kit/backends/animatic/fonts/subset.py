"""How the font files beside this one were made: cut to what pictures need, and renamed.

Not used at run time. Run it only to renew the files:

    python -m sora_kit.backends.animatic.fonts.subset FOLDER_WITH_THE_ORIGINALS

The SIL Open Font License asks that a changed font does not carry a reserved name, so every cut font
gets a plain role as its name ("Sora Kit Mono"); copyright and licence entries stay inside the files.
"""

from __future__ import annotations

import sys
from pathlib import Path

import emoji
from fontTools import subset
from fontTools.ttLib import TTFont

__all__ = ("ROLES", "cut")

_LATIN = {*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x1E80, 0x1E86), *range(0x1EA0, 0x1EFA)}
_MARKS = {
    *range(0x2010, 0x2028),  # dashes, quotes, bullet, ellipsis
    *range(0x2030, 0x203B),
    *range(0x20A0, 0x20C0),  # currency
    *range(0x2190, 0x219A),  # arrows
    0x2122,
    0x2212,
    0x2215,
    0x2260,
    0x2264,
    0x2265,
    0x25B2,
    0x25B6,
    0x25BA,
    0x25CF,
}
_GREEK_CYRILLIC = {*range(0x370, 0x400), *range(0x400, 0x530)}
_COMBINING = set(range(0x300, 0x370))


def _pictographs() -> set[int]:
    """Code points of all emoji that are one character long, and the older symbols around them."""
    single = {ord(text[0]) for text in emoji.EMOJI_DATA if len(text.replace("\ufe0f", "")) == 1}
    return {code for code in single if code > 0x2000} | set(range(0x2600, 0x27C0))


ROLES: dict[str, tuple[str, str, set[int]]] = {
    # file here: (original, new name, code points)
    "ui.otf": ("Inter-Medium.otf", "Sora Kit Text", _LATIN | _MARKS | _GREEK_CYRILLIC | _COMBINING),
    "bold.otf": ("Inter-Bold.otf", "Sora Kit Bold", _LATIN | _MARKS | _GREEK_CYRILLIC | _COMBINING),
    "title.otf": ("BebasNeue-Bold.otf", "Sora Kit Title", _LATIN | _MARKS | _GREEK_CYRILLIC),
    "comic.otf": ("ComicNeue-Bold.otf", "Sora Kit Comic", _LATIN | _MARKS),
    "mono.otf": ("CourierPrimeBold.otf", "Sora Kit Mono", _LATIN | _MARKS),
    "symbols.ttf": ("Symbola_hint.ttf", "Sora Kit Symbols", _pictographs()),
}


def cut(source: Path, target: Path, name: str, codes: set[int]) -> None:
    """Write a subset of ``source`` to ``target`` under a new family name."""
    options = subset.Options()
    options.layout_features = ["kern", "mark", "mkmk", "ccmp", "liga", "tnum"]
    options.hinting = False
    options.desubroutinize = False
    options.notdef_outline = False
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 8, 9, 13, 14]
    font = TTFont(source)
    worker = subset.Subsetter(options)
    worker.populate(unicodes=codes)
    worker.subset(font)
    names = font["name"]
    for record in list(names.names):
        new = {1: name, 3: f"{name} (cut)", 4: name, 6: name.replace(" ", "")}.get(record.nameID)
        if new is not None:
            names.setName(new, record.nameID, record.platformID, record.platEncID, record.langID)
    font["head"].modified = font["head"].created  # the same bytes on every run
    font.recalcTimestamp = False
    font.save(target)


if __name__ == "__main__":
    originals, here = Path(sys.argv[1]), Path(__file__).parent
    for file, (original, family, wanted) in ROLES.items():
        cut(originals / original, here / file, family, wanted)
