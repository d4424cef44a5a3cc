"""Which form a text has, and which form a name asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sora_kit.errors import BadStoryboard, InvalidInput
from sora_kit.language.interchange.fountain import from_fountain, is_fountain
from sora_kit.language.interchange.otio import to_otio
from sora_kit.language.interchange.plain import from_text, to_text
from sora_kit.language.interchange.tables import from_csv, is_table, to_csv
from sora_kit.language.interchange.vtt import to_vtt
from sora_kit.language.shots import MARK
from sora_kit.language.storyboard import Storyboard

__all__ = ("FORMS", "Form", "read_board", "write_board")

MOST_CHARACTERS = 400_000
"""Longest text that is read: a feature film's screenplay has half of it."""


@dataclass(frozen=True, slots=True)
class Form:
    """One form of a storyboard."""

    label: str
    """Its name in menus."""

    ending: str
    """Of its files, with the dot."""

    media_type: str
    """As browsers know it."""

    read: Callable[[str], Storyboard] | None = None
    write: Callable[[Storyboard], str] | None = None


FORMS = {
    "text": Form("Text", ".txt", "text/plain", from_text, to_text),
    "fountain": Form("Fountain screenplay", ".fountain", "text/plain", from_fountain),
    "csv": Form("CSV table", ".csv", "text/csv", from_csv, to_csv),
    "vtt": Form("WebVTT", ".vtt", "text/vtt", None, to_vtt),
    "otio": Form("OpenTimelineIO", ".otio", "application/json", None, to_otio),
}

ENDINGS = {form.ending: name for name, form in FORMS.items()} | {
    ".spmd": "fountain",
    ".tsv": "csv",
    ".md": "text",
}


def read_board(text: str, name: str = "") -> Storyboard:
    """Read a storyboard in any form that can be read.

    Args:
        text: The whole file.
        name: Its name, whose ending tells the form. Without one, or with ``.txt``, the text itself
            tells: shot marks, then a table's headers, then scene headings.

    Raises:
        BadStoryboard: It cannot be read; names the line and the reason.
    """
    if len(text) > MOST_CHARACTERS:
        raise BadStoryboard(
            f"The file has {len(text):,} characters",
            why=f"At most {MOST_CHARACTERS:,} are read",
            fix="Import a part of it",
        )
    ending = f".{name.lower().rpartition('.')[2]}" if "." in name else ""
    form = ENDINGS.get(ending, "text" if not ending else "")
    if not form or (reader := FORMS[form].read) is None:
        readable = ", ".join(end for end, known in ENDINGS.items() if FORMS[known].read)
        raise BadStoryboard(f"A {ending} file cannot be read as a storyboard", fix=f"Use one of {readable}")
    if form == "text" and not MARK.search(text):
        reader = _guess(text)
    return reader(text)


def write_board(board: Storyboard, form: str) -> str:
    """The board in another form.

    Args:
        board: The shots.
        form: A key of `FORMS` that can be written, or an ending such as ``.vtt``.

    Raises:
        InvalidInput: There is no such form.
    """
    known = FORMS.get(ENDINGS.get(form.lower(), form.lower()))
    if known is None or known.write is None:
        names = ", ".join(name for name, one in FORMS.items() if one.write)
        raise InvalidInput(f"A storyboard cannot be written as {form[:20]!r}", fix=f"Use one of {names}")
    return known.write(board)


def _guess(text: str) -> Callable[[str], Storyboard]:
    """How a text without a shot mark may be meant."""
    if is_table(text):
        return from_csv
    return from_fountain if is_fountain(text) else from_text
