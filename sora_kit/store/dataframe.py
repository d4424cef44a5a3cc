"""Jobs, clips and requests as pandas DataFrames with proper types."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sora_kit.store.characters import Character
from sora_kit.store.clips import Clip
from sora_kit.store.jobs import JobRecord
from sora_kit.store.requests import STAGES
from sora_kit.store.table_files import typed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ("characters_frame", "clips_frame", "jobs_frame", "log_frame")

CLIP_COLUMNS = (
    "id", "job", "created", "kind", "prompt", "model", "style", "seconds", "width", "height",
    "backend", "preview", "seed", "parent", "bytes", "favourite",
)  # fmt: skip
JOB_COLUMNS = (
    "id", "state", "prompt", "model", "style", "kind", "backend", "progress", "stage", "created",
    "started", "finished", "attempts", "parent",
)  # fmt: skip
TYPES = {
    "preview": "bool", "favourite": "bool", "seconds": "float64", "width": "int64", "height": "int64",
    "seed": "int64", "bytes": "int64", "cost": "float64", "progress": "float64", "attempts": "int64",
    "status": "int64", "ms": "float64",
    "id": "str", "job": "str", "kind": "str", "prompt": "str", "model": "str", "backend": "str",
    "state": "str", "video": "str", "poster": "str",
}  # fmt: skip
CHARACTER_COLUMNS = ("id", "name", "display_name", "description", "backend", "account", "source", "created")
LOG_COLUMNS = (
    "id", "time", "method", "path", "status", "error", "key", "client", "model", "job", "account", "ms",
    *STAGES.values(), "asked", "answered",
)  # fmt: skip
LOG_TYPES = {"method": "category", "error": "category", "key": "category", "model": "category",
             "account": "category", "status": "int64", "id": "int64", "ms": "float64",
             **dict.fromkeys(STAGES.values(), "float64")}  # fmt: skip


def clips_frame(clips: Iterable[Clip], base: str | None) -> pd.DataFrame:
    """One row a clip; ``video`` is its address under ``base``, or its file while nothing serves it."""
    rows = [
        {name: getattr(clip, name) for name in CLIP_COLUMNS}
        | {"tags": list(clip.tags), "state": "completed"}
        | {"video": clip.address(base) or str(clip.file)}
        | {"poster": clip.address(base, "poster") or str(clip.poster_file)}
        for clip in clips
    ]
    return typed(framed(rows, (*CLIP_COLUMNS, "tags", "state", "video", "poster"), times=("created",)))


def jobs_frame(jobs: Iterable[JobRecord]) -> pd.DataFrame:
    """One row a job; ``error`` is the sentence, ``clips`` a list of ids."""
    rows = [
        {name: getattr(job, name) for name in JOB_COLUMNS}
        | {"error": job.error["what"] if job.error else None, "clips": list(job.clips), "cost": cost(job)}
        for job in jobs
    ]
    columns = (*JOB_COLUMNS, "error", "clips", "cost")
    return typed(framed(rows, columns, times=("created", "started", "finished")))


def cost(job: JobRecord) -> float:
    """Estimated US dollars of a job that was given to its backend; 0 for all others."""
    paid = "submitted" in job.timings
    return float(job.plan.get("estimate", {}).get("dollars", 0.0)) if paid else 0.0


def characters_frame(characters: Iterable[Character], base: str | None) -> pd.DataFrame:
    """One row a character; ``portrait`` is its address under ``base``, or its file without a server."""
    rows = [
        {name: getattr(one, name) for name in CHARACTER_COLUMNS}
        | {"portrait": one.address(base) or str(one.portrait)}
        for one in characters
    ]
    return framed(rows, (*CHARACTER_COLUMNS, "portrait"), times=("created",))


def log_frame(rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """One row an API request; see `Looking.log`. A stage that a job did not have is NaN."""
    found = [{**row, **row["timings"]} for row in rows]
    return framed(found, LOG_COLUMNS, times=("time",)).astype(LOG_TYPES)


def framed(rows: list[dict[str, Any]], columns: tuple[str, ...], times: tuple[str, ...]) -> pd.DataFrame:
    """Rows as a frame, Unix seconds as UTC times."""
    import pandas as pd

    # Arrow, where it is installed, refuses half a UTF-16 pair; a JSON column may hold one.
    whole = [
        {k: v.encode("utf-8", "replace").decode() if isinstance(v, str) else v for k, v in row.items()}
        for row in rows
    ]
    frame = pd.DataFrame(whole, columns=list(columns))
    if frame.empty:  # an empty frame answers like a full one
        frame = frame.astype({name: TYPES[name] for name in columns if name in TYPES})
    for name in times:
        frame[name] = pd.to_datetime(frame[name].astype("float64"), unit="s", utc=True)
    return frame
