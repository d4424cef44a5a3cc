"""Storyboards as tables: one row a shot, with the columns that people already have.

Headers are recognised in several spellings. A table needs one column with text; lengths come from a
column of seconds, from ``start`` and ``end``, or are estimated when there is neither. What holds for
all shots stands in a column ``instruction``.

A spreadsheet runs a cell that begins with ``=`` as a formula, and prompts come from anywhere. So
`to_csv` puts an apostrophe in front of such text, as spreadsheets do themselves, and `from_csv` takes
it away again.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sora_kit.errors import BadStoryboard
from sora_kit.language.interchange.lengths import estimate, read_length, unreadable
from sora_kit.language.shots import LEAST_SECONDS, MARK, MOST_SECONDS, MOST_SHOTS
from sora_kit.language.storyboard import Storyboard

if TYPE_CHECKING:
    import pandas as pd

__all__ = ("from_csv", "from_frame", "is_table", "to_csv", "to_frame")

HEADERS = {
    "text": (
        *("text", "description", "action", "prompt", "what", "what is seen", "visual", "visuals", "content"),
        *("scene", "shot description", "words", "caption", "画面", "内容", "描述"),
    ),
    "seconds": (
        *("seconds", "second", "secs", "sec", "s", "duration", "length", "dur", "time", "duration s"),
        *("duration sec", "duration seconds", "length s", "时长", "秒", "秒数"),
    ),
    "start": ("start", "begin", "from", "in", "start time", "timecode in"),
    "end": ("end", "stop", "to", "out", "end time", "timecode out"),
    "instruction": ("instruction", "instructions", "general", "all shots", "style notes"),
}
MEANING = {name: meaning for meaning, names in HEADERS.items() for name in names}

DELIMITERS = (",", ";", "\t", "|")
LONGEST_HEADER = 10_000
"""Characters of the first line that are looked at."""

RISKY = re.compile(r"'*[=+\-@\t\r]")
GUARDED = re.compile(r"'+[=+\-@\t\r]")

Row = Mapping[str, object]
"""A meaning of `HEADERS` → a cell."""


def from_csv(text: str) -> Storyboard:
    """Read a CSV table; commas, semicolons, tabs and bars all separate.

    Without a known header, two columns are read as seconds and text.

    Raises:
        BadStoryboard: Naming the line that cannot be read.
    """
    text = text.removeprefix("\ufeff")
    delimiter, columns = _opening(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[tuple[str, Row]] = []
    try:
        line, opened = 1, False
        for cells in reader:
            if any(cell.strip() for cell in cells):
                if opened or [_meaning(cell) for cell in cells] != columns:
                    rows.append((f"Line {line}", dict(zip(columns, map(_unguarded, cells), strict=False))))
                opened = True
            line = reader.line_num + 1
    except csv.Error as error:
        raise BadStoryboard(
            f"Line {reader.line_num}: this is no CSV", why=str(error), fix="Export the table again as CSV"
        ) from error
    return _board(rows)


def from_frame(frame: pd.DataFrame) -> Storyboard:
    """Read a DataFrame; its columns as for `from_csv`.

    Raises:
        BadStoryboard: Naming the row that cannot be read.
    """
    columns = [_meaning(str(column)) for column in frame.columns]
    if "text" not in columns:
        raise _no_text(map(str, frame.columns))
    rows: list[tuple[str, Row]] = []
    for label, cells in zip(frame.index, frame.itertuples(index=False, name=None), strict=True):
        named = {c: "" if _missing(cell) else cell for c, cell in zip(columns, cells, strict=True) if c}
        if any(str(cell).strip() for cell in named.values()):
            rows.append((f"Row {label}", named))
    return _board(rows)


def to_csv(board: Storyboard) -> str:
    """The board as CSV: the columns ``shot``, ``start``, ``seconds``, ``text`` and often ``instruction``."""
    out = io.StringIO(newline="")
    rows = _rows(board)
    writer = csv.DictWriter(out, rows[0] if rows else ("shot", "start", "seconds", "text"))
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {name: _guarded(cell) if isinstance(cell, str) else cell for name, cell in row.items()}
        )
    return out.getvalue()


def to_frame(board: Storyboard) -> pd.DataFrame:
    """The board as a DataFrame with the columns of `to_csv`; `from_frame` reads it back."""
    import pandas as pd

    rows = _rows(board)
    return pd.DataFrame(rows, columns=list(rows[0]) if rows else ["shot", "start", "seconds", "text"])


def is_table(text: str) -> bool:
    """Whether a text without a file name looks like a table: its first line has headers, or is a row."""
    try:
        columns = _opening(text)[1]
    except BadStoryboard:
        return False
    return "text" in columns and ("seconds" in columns or {"start", "end"} <= set(columns))


def _rows(board: Storyboard) -> list[dict[str, Any]]:
    more = {"instruction": board.instruction} if board.instruction else {}
    rows: list[dict[str, Any]] = []
    at = 0.0
    for number, shot in enumerate(board, 1):
        rows.append(
            {"shot": number, "start": round(at, 3), "seconds": shot.seconds, "text": shot.text} | more
        )
        at += shot.seconds
    if more and not rows:
        rows.append({"shot": None, "start": None, "seconds": None, "text": ""} | more)
    return rows


def _board(rows: Sequence[tuple[str, Row]]) -> Storyboard:
    """Rows with their places as a board."""
    instruction = next((words for _, row in rows if (words := str(row.get("instruction", "")).strip())), "")
    board = Storyboard(MARK.sub(" ", instruction))
    for where, row in rows:
        text = MARK.sub(" ", str(row.get("text", ""))).strip()
        if not text:
            if str(row.get("seconds", "")).strip() or not instruction:
                raise BadStoryboard(f"{where} has no text", fix="Say what is seen, or delete the row")
            continue
        if len(board) == MOST_SHOTS:
            raise BadStoryboard(
                f"{where}: shot {MOST_SHOTS + 1} is one too many",
                why=f"A board has at most {MOST_SHOTS}",
                fix="Leave some out, or make two boards",
            )
        board = board.shot(_seconds(where, row, text), text)
    if not rows:
        raise BadStoryboard("Line 1: the table has no rows", fix="Write one row for each shot")
    return board


def _seconds(where: str, row: Row, text: str) -> float:
    if "seconds" in row:
        cell = row["seconds"]
        seconds = read_length(cell)
    elif "start" in row and "end" in row:
        start, end = read_length(row["start"]), read_length(row["end"])
        cell = f"{row['start']} to {row['end']}"
        seconds = None if start is None or end is None else round(end - start, 3)
    else:
        return estimate(text)
    if seconds is None or not LEAST_SECONDS <= seconds <= MOST_SECONDS:
        raise unreadable(where, cell)
    return seconds


def _opening(text: str) -> tuple[str, list[str]]:
    """The delimiter, and what each column means, from the first line that is not empty."""
    first = next((line for line in text.splitlines() if line.strip()), "")[:LONGEST_HEADER]
    best, score = (",", [""]), (0, 0)
    for delimiter in DELIMITERS:
        cells = next(csv.reader([first], delimiter=delimiter), [])
        meanings = [_meaning(cell) for cell in cells]
        bare = len(cells) == 2 and read_length(cells[0]) is not None
        rank = (sum(map(bool, meanings)), len(cells[0]) if bare else 0)
        if rank > score:
            best, score = (delimiter, meanings if rank[0] else ["seconds", "text"]), rank
    if "text" not in best[1]:
        cells = next(csv.reader([first], delimiter=best[0]), [])
        if any(map(_meaning, cells)) or not first:
            raise _no_text(cells)
        raise BadStoryboard(
            "Line 1: no column is known",
            why=f"It reads {first[:60]!r}",
            fix="Begin with a line of headers: seconds,text",
        )
    return best


def _meaning(header: str) -> str:
    """What a column holds; empty when it is none of ours."""
    return MEANING.get(" ".join(re.sub(r"[^\w]+|_", " ", header).lower().split()), "")


def _no_text(columns: Iterable[str]) -> BadStoryboard:
    there = ", ".join(column.strip()[:30] for column in columns)
    return BadStoryboard(
        "Line 1: no column holds the text of the shots",
        why=f"The columns are {there}" if there else "The table is empty",
        fix="Name it text, description, action or prompt",
    )


def _missing(cell: object) -> bool:
    return (
        cell is None
        or (isinstance(cell, float) and math.isnan(cell))
        or type(cell).__name__ in ("NAType", "NaTType")
    )


def _guarded(cell: str) -> str:
    return f"'{cell}" if RISKY.match(cell) else cell


def _unguarded(cell: str) -> str:
    return cell[1:] if GUARDED.match(cell) else cell
