"""What a tile or row says about a job, in words: pure functions from records to plain JSON."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sora_kit.language import to_prompt
from sora_kit.panels.choices import label
from sora_kit.panels.codelines import of_clip, of_job
from sora_kit.planning.wording import titled

if TYPE_CHECKING:
    from sora_kit.store.attempts import Attempt
    from sora_kit.store.clips import Clip
    from sora_kit.store.jobs import JobRecord

__all__ = ("answers", "details", "file_name", "row", "tile")

_STATES = {
    "queued": "waiting",
    "running": "running",
    "completed": "done",
    "failed": "failed",
    "cancelled": "cancelled",
    "needs_you": "needs you",
}
_OUTCOMES = {"submitted": "accepted", "adopted": "found again"}
_KINDS = {"remix": "remix", "extend": "longer", "character": "character", "enhance": "prompt"}


def tile(
    record: JobRecord,
    clip: Clip | None = None,
    video: str | None = None,
    poster: str | None = None,
    *,
    sendable: bool = False,
) -> dict[str, Any]:
    """The gallery's view of a job.

    Args:
        record: The job.
        clip: Its result, once there is one.
        video: Address of the clip's file for the page, None when nobody serves it.
        poster: Address of the clip's poster.
        sendable: Whether the page may ask for the clip itself where its address fails.
    """
    item = _common(record) | {
        "stage": stage(record),
        "progress": round(record.progress, 1),
        "error": record.error,
        "text": record.text,
        "answers": answers(record),
    }
    if clip is not None:
        item |= {
            "clip": clip.id,
            "code": of_clip(clip.id),
            "video": video if clip.kind == "video" else None,
            "picture": video if clip.kind != "video" else None,
            "poster": poster,
            "sendable": sendable,
            "narrow": clip.width < 1.5 * clip.height,
            "length": f"{round(clip.seconds, 1):g} s" if clip.kind == "video" else "",
            "badge": "ANIMATIC" if clip.preview else titled(clip.backend),
            "badge_title": "A drawn preview, not footage"
            if clip.preview
            else f"Made by {titled(clip.backend)}",
            "file": file_name(clip),
            "favourite": clip.favourite,
            "tags": list(clip.tags),
        }
    return item


def answers(record: JobRecord) -> list[dict[str, Any]]:
    """What can be decided for a job that waits for a person: label, what to do, and a warning, if any.

    An answer with a warning is given by a second press.
    """
    if record.state != "needs_you":
        return []
    twice = "It may be bought twice"
    return [
        {"label": "Ask again", "do": "resume", "hint": "Asks the backend once more what became of it"},
        {"label": "Order anew", "do": "resume", "again": True, "warn": f"{twice}. Order anew", "hint": twice},
        {"label": "Give up", "do": "cancel", "hint": "Ends the job; what may have been bought stays there"},
    ]


def row(record: JobRecord) -> dict[str, Any]:
    """The view of a job in the list of all jobs."""
    word = _STATES[record.state]
    if record.state == "running":
        word = f"{word} {record.progress:.0f} %"
    return _common(record) | {
        "word": word,
        "done": record.done,
        "error": record.error,
        "stage": stage(record) if record.state in ("queued", "running") else "",
        "progress": round(record.progress, 1),
        "text": record.text if record.kind == "enhance" else "",
        "answers": answers(record),
        "backend": titled(record.backend),
        "length": f"{round(record.request.seconds, 1):g} s"
        if record.request.seconds and record.kind != "enhance"
        else "",
    }


def details(record: JobRecord, attempts: Sequence[Attempt], runner: str) -> dict[str, Any]:
    """All that is known of how a job went.

    Args:
        record: The job.
        attempts: Which accounts tried it.
        runner: Where it runs, in words, or empty.

    Returns:
        ``id``, ``code`` (Python), ``facts`` (label and value), ``times`` (label and Unix seconds), ``steps``
        of its plan and ``attempts`` (who, what came of it, why, at, good).
    """
    facts = [("Job", record.id), ("Model", record.model), ("Seed", str(record.seed)), ("Runs", runner)]
    asker = "a visitor" if record.owner.startswith("visitor_") else "an API key"
    facts.append(("Asked by", asker if record.owner else ""))
    times = [("Asked", record.created), ("Started", record.started), ("Ended", record.finished)]
    return {
        "id": record.id,
        "code": of_job(record.id),
        "facts": [{"label": name, "value": value} for name, value in facts if value],
        "times": [{"label": name, "at": at} for name, at in times if at is not None],
        "steps": [step["title"] for step in record.plan.get("steps", [])],
        "attempts": [
            {
                "who": one.label or titled(record.backend),
                "step": one.step + 1,
                "what": _OUTCOMES.get(one.outcome, one.outcome.replace("_", " ")),
                "why": one.why,
                "at": one.time,
                "good": one.outcome in _OUTCOMES,
            }
            for one in attempts
        ],
    }


def stage(record: JobRecord) -> str:
    """What is going on, one short line."""
    if record.state == "queued":
        place = f" · place {record.place}" if record.place else ""
        why = record.stage if record.stage and not record.stage.lower().startswith("waiting") else ""
        return f"Waiting{place}" + (f" · {why}" if why else "")
    words = record.stage[:1].upper() + record.stage[1:] if record.stage else "Starting"
    return words if "%" in words else f"{words} · {record.progress:.0f} %"


def file_name(clip: Clip) -> str:
    """A name to save a clip under: its first words and the end of its id."""
    words = re.sub(r"[^\w]+", "-", clip.prompt.lower())[:40].strip("-") or clip.kind
    return f"{words}-{clip.id[-4:]}.{clip.ext}"


def _common(record: JobRecord) -> dict[str, Any]:
    typed = to_prompt(record.request)
    model = None if record.kind in ("character", "enhance", "extend") else label(record.model)
    caption = [record.style, _KINDS.get(record.kind), model]
    return {
        "id": record.id,
        "state": record.state,
        "kind": record.kind,
        "prompt": record.request.label or record.prompt or typed,
        "typed": typed,
        "meta": " · ".join(part for part in caption if part),
        "at": record.created,
    }
