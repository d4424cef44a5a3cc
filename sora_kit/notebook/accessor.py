"""``DataFrame.sora``: tables of clips that play where they stand, and tables of prompts that fill with them.

Importing this module registers the accessor with pandas. Clips are found by the column ``clip_id`` or
``id`` in the studios that are open in this process; ids are unique, so a table needs no memory of
where it came from, and filters, sorts and CSV files do it no harm. Rows that no open studio knows
still play when their column ``video`` holds an address.

Everything in a table is escaped: prompts, and whatever else people put there.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack, cast

import pandas as pd

from sora_kit.errors import InvalidInput
from sora_kit.notebook import words
from sora_kit.notebook.cards import clip as clip_card
from sora_kit.notebook.html import Markup, is_safe_address, join, tag
from sora_kit.notebook.pictures import inline
from sora_kit.notebook.sheet import page
from sora_kit.studio.options import Options

if TYPE_CHECKING:
    from sora_kit.notebook.cards.compare import Comparison
    from sora_kit.notebook.filling import Filling
    from sora_kit.notebook.plot import Plot
    from sora_kit.store.clips import Clip
    from sora_kit.studio import Studio

__all__ = ("Preview", "SoraAccessor")

FIRST = ("prompt", "state", "style", "model", "seconds", "backend", "created", "error", "why", "fix")
"""Columns of ours that a reader wants, in this order."""
LEFT_OUT = frozenset(
    {
        "id",
        "job",
        "clip_id",
        "job_id",
        "kind",
        "width",
        "height",
        "preview",
        "seed",
        "parent",
        "bytes",
        "video",
        "poster",
        "clips",
    }
    | {"progress", "stage", "started", "finished", "attempts"}
)
"""Columns of ours that a preview does without; other people's columns are always shown."""
POSTER = 320
"""Width of a poster in a preview: twice what is seen, for screens that show it."""
SHARP = 100
"""Rows from which on posters are half as wide, as each of them travels inside the table."""


class Preview:
    """HTML for a notebook, and the plain table for everything else."""

    def __init__(self, html: Markup, frame: pd.DataFrame) -> None:
        self.html = html
        self.frame = frame

    def _repr_html_(self) -> str:
        return str(self.html)

    def __repr__(self) -> str:
        return repr(self.frame)


@pd.api.extensions.register_dataframe_accessor("sora")
class SoraAccessor:
    """Shows the clips of a table, and makes clips of a table's prompts.

    Needs a column ``id`` (clips or jobs), ``video`` (addresses), or text to make clips of.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        if not {"id", "clip_id", "video"} & set(frame.columns) and not any(map(_may_be_text, frame.dtypes)):
            # AttributeError is what pandas asks for: hasattr(df, "sora") then tells the truth.
            raise AttributeError(
                "`.sora` needs a column `id` or `video`, as in studio.results(), or text to make clips of"
            )
        self._frame = frame

    def preview(self, rows: int = 50) -> Preview:
        """The table with a player in each row. Nothing is loaded before it is played.

        Args:
            rows: How many rows to show at most, from the top.

        Returns:
            Something that a cell shows as a table.
        """
        frame = self._frame.head(rows)
        kinds = {name: _kind(frame, name) for name in _columns(self._frame)}
        head = tag(
            "tr", tag("th", "Clip"), (tag("th", _title(name), class_=kind) for name, kind in kinds.items())
        )
        width = POSTER if len(frame) <= SHARP else POSTER // 2
        body = (
            tag(
                "tr",
                tag("td", tag("div", _player(shown, row, width), class_="sk-frame")),
                (tag("td", *_cell(row[name]), class_=kind) for name, kind in kinds.items()),
            )
            for shown, row in self._rows(frame)
        )
        table = tag("table", tag("thead", head), tag("tbody", body), class_="sk-table")
        return Preview(page(tag("div", table, class_="sk-scroll"), _rest(self._frame, rows)), frame)

    def gallery(self, columns: int = 4, rows: int = 50) -> Preview:
        """The clips as tiles.

        Args:
            columns: Tiles side by side, from 1; narrow pages show two.
            rows: How many rows of the table to show at most, from the top.

        Returns:
            Something that a cell shows as a grid.

        Raises:
            ValueError: For fewer than one column.
        """
        if columns < 1:
            raise ValueError("`columns` must be 1 or more")
        frame = self._frame.head(rows)
        tiles = (
            clip_card.card(shown, width=400)
            if shown
            else tag(
                "figure",
                tag("div", _player(None, row, 400), class_="sk-frame"),
                tag("figcaption", tag("p", *_cell(row.get("prompt")), class_="sk-prompt"), class_="sk-about"),
                class_="sk-card sk-tile",
            )
            for shown, row in self._rows(frame)
        )
        grid = tag("div", tiles, class_="sk-gallery", style=f"--sk-columns: {columns:d}")
        return Preview(page(grid, _rest(self._frame, rows)), frame)

    def compare(self) -> Comparison:
        """Two to four clips side by side, played in step by one set of controls.

        Returns:
            Something that a cell shows as a row of players.

        Raises:
            InvalidInput: The table has other than two to four clips.
        """
        from sora_kit.notebook.cards.compare import Comparison

        return Comparison(self._clips(), self._frame)

    def export(
        self, path: str | Path, *, title: str = "Contact sheet", columns: int = 3, videos_mb: float = 30
    ) -> Path:
        """Write the clips to one HTML file that needs nothing else, to send, keep or print.

        Args:
            path: Where to, for example ``sheet.html``; what is there is replaced.
            title: Heading of the page.
            columns: Tiles side by side, from 1.
            videos_mb: How many megabytes of videos to take in; 0 is pictures only. Videos that do not
                fit are shown by their poster.

        Returns:
            The path.

        Raises:
            InvalidInput: No row of the table has a clip in a studio that is open.
            ValueError: For fewer than one column.
        """
        from sora_kit.notebook.export import contact_sheet

        if columns < 1:
            raise ValueError("`columns` must be 1 or more")
        return contact_sheet(self._clips(), path, title=title, columns=columns, videos_mb=videos_mb)

    def generate(
        self,
        prompt: str | None = None,
        *,
        name: str = "",
        budget: float | str | None = None,
        start: bool = True,
        studio: Studio | None = None,
        **options: Unpack[Options],
    ) -> Filling:
        """Make a clip of every row.

            filled = await prompts.sora.generate(prompt="text", style="anime")

        Each option is a column's name, or else a value for all rows. ``prompt``, ``style``, ``model``
        and ``seed`` that are not given are taken from the column of that name, if there is one.

        Run it again and rows whose clip is there are not made again; rows that failed are tried again.
        A row that cannot be made says what, why and how to fix it, and does not stop the others.

        Args:
            prompt: Column of the prompts.
            name: Name under which the clips are found again; another name makes them anew.
            budget: What the whole table may take: dollars as a number, or ``"12 clips"``.
            start: False only plans it: the card shows what it takes and has a Start button.
            studio: Where; None is the notebook's ``studio``.
            **options: ``style``, ``model``, ``seed``, ``seconds``, ``size``, ``image``, ``backend``.

        Returns:
            The work. Display it to watch it; ``await`` it or call ``.result()`` for a copy of the table
            with columns ``clip_id``, ``state``, ``video``, ``poster``, ``error``, ``why``, ``fix`` and
            ``job_id``. Columns of these names are replaced.

        Raises:
            InvalidInput: There is no prompt, no studio is open, or the budget does not suffice; nothing
                was started.
        """
        from sora_kit.notebook.current import current_studio
        from sora_kit.notebook.filling import fill
        from sora_kit.studio.budget import check_budget

        where = studio or current_studio()
        filling = fill(where, self._frame, {"prompt": prompt, **options}, name=name)
        check_budget(filling, budget)
        if start:
            filling.start()
        return filling

    def plot(self, kind: str | None = None) -> Plot:
        """A chart of the table.

            studio.log().sora.plot()

        Args:
            kind: Of `studio.log()`: ``requests``, ``waiting`` (how long jobs waited), ``outcomes`` (by
                cause), ``accounts`` (how many jobs each served). Of `studio.jobs()`: ``clips``, ``cost``
                (as estimated). Of `studio.results()`: ``clips``. The first that fits, if not given.

        Returns:
            Something that a cell shows as a drawing with its numbers.

        Raises:
            InvalidInput: The table has no such chart.
        """
        from sora_kit.notebook.numbers import chart
        from sora_kit.notebook.plot import Plot

        return Plot(chart(self._frame, kind))

    def save(self, path: str | Path) -> Path:
        """Write the table to a ``.csv`` or ``.parquet`` file; ``sora_kit.read_table`` reads it back.

        Args:
            path: Where to. Parquet needs pyarrow (``pip install 'sora-kit[parquet]'``).

        Returns:
            The path.
        """
        from sora_kit.store.table_files import save_table

        return save_table(self._frame, path)

    def _clips(self) -> list[Clip]:
        """The clips of the rows that have one.

        Raises:
            InvalidInput: None has.
        """
        clips = [shown for shown, _ in self._rows(self._frame) if shown is not None]
        if not clips:
            raise InvalidInput(
                "No row of this table has a clip",
                why="Clips are looked up by the column `id` or `clip_id` in the studios that are open",
                fix="Open the studio that made them, or take a table from studio.results()",
                param="id",
            )
        return clips

    def _rows(self, frame: pd.DataFrame) -> Iterator[tuple[Clip | None, dict[str, Any]]]:
        """Each row with its clip, where there is one."""
        rows = [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]
        ids = [[one for one in (row.get("clip_id"), row.get("id")) if isinstance(one, str)] for row in rows]
        known = _known({one for some in ids for one in some})
        for row, some in zip(rows, ids, strict=True):
            if row.get("kind") == "image":
                row["seconds"] = None
            yield next((known[one] for one in some if one in known), None), row


def _may_be_text(dtype: Any) -> bool:
    """Whether a column of that type may hold prompts."""
    types = pd.api.types
    return types.is_string_dtype(dtype) or types.is_object_dtype(dtype)


def _known(ids: set[str]) -> dict[str, Clip]:
    """The clips of the open studios under those ids, which may be of clips or jobs."""
    from sora_kit.studio.opened import opened

    found: dict[str, Clip] = {}
    for studio in list(opened):
        found |= cast("Studio", studio).clips_table.known(ids - found.keys())
    return found


def _player(shown: Clip | None, row: dict[str, Any], width: int) -> Markup | None:
    if shown is not None:
        player = clip_card.player(shown, clip_card.address(shown), inline(shown.poster_file, width))
        return join((player, clip_card.how_long(shown) if shown.kind == "video" else None))
    url = row.get("video")
    if not isinstance(url, str) or "://" not in url or not is_safe_address(url):
        return None
    poster = row.get("poster")
    return tag(
        "video",
        src=url,
        poster=poster if isinstance(poster, str) and "://" in poster else None,
        preload="none",
        controls=True,
        playsinline=True,
    )


def _columns(frame: pd.DataFrame) -> list[str]:
    names = [str(name) for name in frame.columns]
    ours = [name for name in FIRST if name in names and not frame[name].isna().all()]
    if "backend" in ours and len(set(frame["backend"])) == 1:
        ours.remove("backend")  # it tells nothing apart
    return ours + [name for name in names if name not in LEFT_OUT and name not in FIRST]


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _kind(frame: pd.DataFrame, name: str) -> str | None:
    """Class of a column's cells."""
    if name == "prompt":
        return "sk-prompt"
    if pd.api.types.is_datetime64_any_dtype(frame[name]):
        return "sk-short"
    return "sk-number" if pd.api.types.is_numeric_dtype(frame[name]) else None


def _cell(value: Any) -> tuple[object, ...]:
    """A value for reading; missing ones are empty."""
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return ("",)
    if isinstance(value, datetime):
        moment = value.to_pydatetime(warn=False) if isinstance(value, pd.Timestamp) else value
        local = moment.astimezone() if moment.tzinfo else moment
        return (tag("span", local.strftime("%d %b, %H:%M"), title=local.strftime("%Y-%m-%d %H:%M:%S")),)
    if isinstance(value, float):
        return (f"{value:g}",)
    return (words.short(str(value), 240),)


def _rest(frame: pd.DataFrame, rows: int) -> Markup | None:
    """A line that says when not everything is shown, or that there is nothing."""
    if frame.empty:
        return tag("p", "No clips yet.", class_="sk-muted")
    if len(frame) <= rows:
        return None
    return tag("p", f"The first {rows} of {words.count(len(frame), 'row')}.", class_="sk-faint")
