"""Types of the columns of our tables, and tables in files.

A column has one type whatever the rows hold: times are UTC with microseconds, whole numbers may be
missing, words out of a small set are categories. Parquet keeps the types by itself. CSV keeps none of
them, so `read_table` gives the columns that we know their types again, by name, and leaves the
others as pandas reads them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sora_kit.errors import BadMedia, InvalidInput, MissingDependency

if TYPE_CHECKING:
    import pandas as pd

__all__ = ("read_table", "save_table", "typed")

TEXT = frozenset(
    {"id", "job", "clip_id", "job_id", "prompt", "stage", "parent", "video", "poster", "error", "why", "fix"}
    | {"path", "key"}
)
WORDS = frozenset({"kind", "model", "style", "backend", "state", "method"})
"""Few different values, often grouped by: categories."""
WHOLE = frozenset({"width", "height", "seed", "bytes", "attempts", "status"})
REAL = frozenset({"seconds", "progress", "ms"})
TIMES = frozenset({"created", "started", "finished", "time"})
TRUTHS = frozenset({"preview", "favourite"})
LISTS = frozenset({"clips", "tags"})
NEVER_MISSING = frozenset({"prompt", "stage"})
"""Text that may be empty, which CSV cannot tell from missing."""
TIME_TYPE: Literal["datetime64[us, UTC]"] = "datetime64[us, UTC]"


def typed(frame: pd.DataFrame) -> pd.DataFrame:
    """A copy in which the columns that we know have their types; an empty one answers like a full one.

    Times may come as Unix seconds or as text; times without a zone are taken as UTC.
    """
    import pandas as pd

    changed: dict[str, pd.Series[Any]] = {}
    for name in map(str, frame.columns):
        column = frame[name]
        if name in TIMES:
            as_text = pd.api.types.is_string_dtype(column) and not column.isna().all()
            if as_text:
                moments = pd.to_datetime(column, utc=True, format="ISO8601")
            elif pd.api.types.is_datetime64_any_dtype(column):
                moments = pd.to_datetime(column, utc=True)
            else:
                moments = pd.to_datetime(column.astype("float64"), unit="s", utc=True)
            changed[name] = moments.astype(TIME_TYPE)
        elif name in TEXT:
            changed[name] = column.astype(text_type(column))
        elif name in WORDS:
            changed[name] = column.astype(text_type(column)).astype("category")
        elif name in WHOLE:
            changed[name] = column.astype("Int64")
        elif name in REAL:
            changed[name] = column.astype("float64")
        elif name in TRUTHS:
            changed[name] = column.astype("bool")
    return frame.assign(**changed)


def text_type(column: pd.Series[Any]) -> Any:
    """The type of text in this pandas; before 3.0 that is ``object``, where ``str`` would write 'None'."""
    import pandas as pd

    new = int(pd.__version__.split(".", 1)[0]) >= 3
    return "str" if new else column.dtype if column.dtype.name == "string" else "object"


def save_table(frame: pd.DataFrame, path: str | Path) -> Path:
    """Write a table to a ``.csv`` or ``.parquet`` file, which `read_table` reads back with its types.

    Args:
        frame: Any table; its index is left out, as in a file of rows.
        path: Where to; its folder is made when missing.

    Returns:
        The path.

    Raises:
        InvalidInput: The name ends in neither.
        MissingDependency: Parquet without pyarrow.
    """
    target, form = named(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    if form == ".parquet":
        frame.to_parquet(target, engine="pyarrow", index=False)
        return target
    lists = {
        name: frame[name].map(lambda value: json.dumps(value) if isinstance(value, list) else value)
        for name in map(str, frame.columns)
        if name in LISTS
    }
    frame.assign(**lists).to_csv(target, index=False)
    return target


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a table that `save_table` (``df.sora.save``) or any other program wrote.

    Args:
        path: A ``.csv`` or ``.parquet`` file.

    Returns:
        The table; columns with names of ours have the types that ``studio.results()`` gives them.

    Raises:
        InvalidInput: The name ends in neither.
        BadMedia: There is no such file, or it is no table.
        MissingDependency: Parquet without pyarrow.
    """
    import pandas as pd

    source, form = named(path)
    try:
        if form == ".parquet":
            frame = pd.read_parquet(source, engine="pyarrow")
            for name in LISTS & set(frame.columns):
                frame[name] = frame[name].map(list)
            return typed(frame)
        # "NA" and "None" are words that a prompt may consist of; only nothing is missing
        frame = pd.read_csv(
            source, encoding="utf-8", dtype=dict.fromkeys(TEXT, "str"), keep_default_na=False, na_values=[""]
        )
        for name in NEVER_MISSING & set(frame.columns):
            frame[name] = frame[name].fillna("")
        for name in LISTS & set(frame.columns):
            frame[name] = frame[name].map(json.loads)
        return typed(frame)
    except FileNotFoundError as error:
        raise BadMedia(f"There is no file {str(source)!r}", fix="Check the path", param="path") from error
    except (ValueError, TypeError, OSError) as error:  # what pandas and pyarrow raise for damaged files
        raise BadMedia(f"{source.name} is no table", why=str(error).splitlines()[0], param="path") from error


def named(path: str | Path) -> tuple[Path, str]:
    """The path, and the form that its name asks for.

    Raises:
        InvalidInput: The name ends in neither ``.csv`` nor ``.parquet``.
        MissingDependency: Parquet without pyarrow.
    """
    target = Path(path).expanduser()
    form = target.suffix.lower()
    if form not in (".csv", ".parquet"):
        raise InvalidInput(
            f"{target.name!r} names no form of table",
            why="A table is written as .csv or .parquet",
            fix=f"Write to {target.with_suffix('.csv').name!r}",
            param="path",
        )
    if form == ".parquet":
        try:
            import pyarrow  # type: ignore[import-untyped,import-not-found,unused-ignore]  # noqa: F401, ICN001
        except ImportError as error:
            raise MissingDependency(
                "Parquet files need pyarrow",
                why="It is large, so it is not installed by default",
                fix="Run: pip install 'sora-kit[parquet]'. CSV needs nothing",
            ) from error
    return target, form
