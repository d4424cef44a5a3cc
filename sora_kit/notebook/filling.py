"""A table of prompts that is filled with clips: ``df.sora.generate``.

Every row is a cell of a `Batch`, so what is told there holds here: run again, a row whose clip is here
is not made again, under the same name and for the same wish. Equal rows are told apart by counting.
A row that cannot be asked keeps its error, and the others go on.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import pandas as pd

from sora_kit.errors import BadPrompt, InvalidInput, SoraKitError
from sora_kit.store.table_files import typed
from sora_kit.studio.batch import Batch
from sora_kit.studio.cells import Cell, cell_for
from sora_kit.studio.making import Making
from sora_kit.studio.options import known_options

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ("Filling", "fill")

BY_NAME = ("prompt", "style", "model", "seed")
"""What is taken from a column of that name when nothing else is said."""


class Filling(Batch):
    """A table being filled; see ``df.sora.generate``. ``await`` it for the filled table."""

    noun = "table"
    ids = ("clip_id", "job_id")

    def __init__(self, studio: Making, name: str, cells: Iterable[Cell], frame: pd.DataFrame) -> None:
        self.frame = frame
        super().__init__(studio, name, cells)

    def results(self) -> pd.DataFrame:
        """The table as it was given, with the columns of results; what is there so far."""
        import sora_kit.notebook.accessor  # noqa: F401  # registers DataFrame.sora

        names = (self.ids[0], "state", "video", "poster", "error", "why", "fix", self.ids[1])
        made = typed(pd.DataFrame(self.outcomes(), columns=list(names)))
        return self.frame.assign(**{name: made[name].array for name in names})


def fill(studio: Making, frame: pd.DataFrame, asked: Mapping[str, Any], *, name: str = "") -> Filling:
    """The batch of a table's rows; nothing is started.

    Args:
        studio: Where they will be made.
        frame: One prompt a row.
        asked: ``prompt`` and options of `Studio.video`, each a column's name or a value for all rows;
            None takes the column of that name, for those `BY_NAME`.
        name: Name under which the clips are found again.

    Raises:
        InvalidInput: There is no prompt to be found.
        TypeError: An option that does not exist.
    """
    known_options({key: value for key, value in asked.items() if key != "prompt"})  # type: ignore[arg-type]
    columns = {str(column): frame[column].tolist() for column in frame.columns.unique()}
    options: dict[str, Any] = {}
    for option in dict.fromkeys((*BY_NAME, *asked)):
        value = asked.get(option)
        if value is None and option in BY_NAME and option in columns:
            value = option
        elif option == "prompt":
            must_be_meant(value, columns)
        if isinstance(value, str) and value in columns:
            options[option] = columns[value]
        elif value is not None:
            options[option] = [as_media(studio, option, value)] * len(frame)
    cells: list[Cell] = []
    seen: dict[str, int] = {}
    for number in range(len(frame)):
        wish = {option: plain(option, values[number]) for option, values in options.items()}
        cell = cell_of(studio, f"table/{name}", wish, 0)
        if cell.key and (before := seen.get(cell.key, 0)):
            seen[cell.key] += 1
            cell = cell_of(studio, f"table/{name}", wish, before)
        elif cell.key:
            seen[cell.key] = 1
        cells.append(cell)
    return Filling(studio, name, cells, frame)


def cell_of(studio: Making, batch: str, wish: Mapping[str, Any], nth: int) -> Cell:
    """A row's cell, with the reason when it cannot be asked."""
    told = {key: value for key, value in wish.items() if isinstance(value, str | int | float | None)}
    prompt = wish.get("prompt")
    try:
        if not isinstance(prompt, str) or not prompt.strip():
            raise BadPrompt("This row has no prompt", fix="Write one, or drop the row", param="prompt")
        options = {key: value for key, value in wish.items() if key != "prompt" and value is not None}
        return cell_for(studio, batch, told, prompt, options, nth=nth)
    except SoraKitError as error:
        return Cell(told, problem=error)


def plain(option: str, value: Any) -> Any:
    """A table's value as an option: missing is None, a whole number is one."""
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return None
    if option != "prompt" and value == "":
        return None
    if option == "seed" and isinstance(value, float) and value.is_integer():
        return int(value)  # a column with gaps holds floats
    return value.item() if hasattr(value, "item") and option in ("seed", "seconds") else value


def as_media(studio: Making, option: str, value: Any) -> Any:
    """A reference that all rows share is checked and stored once."""
    if option not in ("image", "video"):
        return value
    return studio.loop.run(studio.intake.thing(value, option))


def must_be_meant(value: Any, columns: Mapping[str, Any]) -> None:
    """Refuse a prompt that is missing, or that is surely the misspelt name of a column.

    Raises:
        InvalidInput: With the columns that there are.
    """
    names = [name for name in columns if all(isinstance(x, str) or pd.isna(x) for x in columns[name][:20])]
    if isinstance(value, str) and value not in columns:
        near = get_close_matches(value, list(columns), n=1, cutoff=0.75)
        if not near:
            return
        raise InvalidInput(
            f"There is no column {value!r}", fix=f"Did you mean prompt={near[0]!r}?", param="prompt"
        )
    if value is None:
        example = names[0] if names else "text"
        raise InvalidInput(
            "The table has no column 'prompt'",
            why=f"It has {', '.join(map(repr, columns)) or 'no columns'}",
            fix=f"Say where the prompts are: df.sora.generate(prompt={example!r})",
            param="prompt",
        )
