"""What a tile or row says about a job, in words: pure functions from records to plain JSON."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sora_kit.language import to_prompt
from sora_kit.panels.choices import label

if TYPE_CHECKING:
    from sora_kit.store.clips import Clip
    from sora_kit.store.jobs import JobRecord

__all__ = ("file_name", "row", "tile")

_STATES = {
    "queued": "waiting",
    "running": "running",
    "completed": "done",
    "failed": "failed",
    "cancelled": "cancelled",
    "needs_you": "needs you",
}


def tile(
    record: JobRecord, clip: Clip | None = None, video: str | None = None, poster: str | None = None
) -> dict[str, Any]:
    """The gallery's view of a job.

    Args:
        record: The job.
        clip: Its result, once there is one.
        video: Address of the clip's file for the page, None for a picture or when nobody serves it.
        poster: Address of the clip's poster.
    """
    item = _common(record) | {
        "stage": stage(record),
        "progress": round(record.progress, 1),
        "error": record.error,
        "text": record.text,
    }
    if clip is not None:
        item |= {
            "clip": clip.id,
            "video": video if clip.kind == "video" else None,
            "picture": video if clip.kind != "video" else None,
            "poster": poster,
            "narrow": clip.width < 1.5 * clip.height,
            "length": f"{clip.seconds:g} s" if clip.kind == "video" else "",
            "badge": "ANIMATIC" if clip.preview else clip.backend,
            "badge_title": "A drawn preview, not footage" if clip.preview else f"Made by {clip.backend}",
            "file": file_name(clip),
        }
    return item


def row(record: JobRecord) -> dict[str, Any]:
    """The history's view of a job."""
    word = _STATES[record.state]
    if record.state == "running":
        word = f"{word} {record.progress:.0f} %"
    return _common(record) | {
        "word": word,
        "done": record.done,
        "error": record.error,
        "length": f"{record.request.seconds:g} s"
        if record.request.seconds and record.kind != "enhance"
        else "",
    }


def stage(record: JobRecord) -> str:
    """What is going on, one short line."""
    if record.state == "queued":
        place = f" · place {record.place}" if record.place else ""
        return f"Waiting{place}" + (f" · {record.stage}" if record.stage else "")
    words = record.stage[:1].upper() + record.stage[1:] if record.stage else "Starting"
    return words if "%" in words else f"{words} · {record.progress:.0f} %"


def file_name(clip: Clip) -> str:
    """A name to save a clip under: its first words and the end of its id."""
    words = re.sub(r"[^\w]+", "-", clip.prompt.lower())[:40].strip("-") or clip.kind
    return f"{words}-{clip.id[-4:]}.{clip.ext}"


def _common(record: JobRecord) -> dict[str, Any]:
    typed = to_prompt(record.request)
    caption = [record.style, "remix" if record.kind == "remix" else None, label(record.model)]
    return {
        "id": record.id,
        "state": record.state,
        "kind": record.kind,
        "prompt": record.prompt or typed,
        "typed": typed,
        "meta": " · ".join(part for part in caption if part),
        "at": record.created,
    }
