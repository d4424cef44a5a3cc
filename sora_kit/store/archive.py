"""The form of a backup: a zip file that any program can look into.

    manifest.json           version of the form, when and by what it was made, counts, digests of the tables
    clips.jsonl …           one JSON object a line and row, with the columns of `sora_kit.store.tables`
    media/<sha256>.<ext>    pictures and videos, by their content, stored as they are
    accounts.sealed         accounts with their secrets, under a passphrase; only where asked for

`read_row` is the door for everything that comes in: a backup may be damaged or made by an enemy, and a row
that is not what the rest of sora_kit expects would break lists, or worse, long after it came in.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

import sqlalchemy as sa

from sora_kit.errors import InvalidInput
from sora_kit.language.request import Kind, Request
from sora_kit.store import tables
from sora_kit.store.jobs import FINAL

__all__ = (
    "ACCOUNT",
    "ACCOUNTS",
    "FORMAT",
    "MANIFEST",
    "MEDIA",
    "PARTS",
    "Part",
    "damaged",
    "media_of",
    "read_row",
    "references_of",
)

FORMAT = 1
MANIFEST = "manifest.json"
ACCOUNTS = "accounts.sealed"
MEDIA = re.compile(r"media/([0-9a-f]{64})\.([a-z0-9]{1,5})")

MIMES = {
    "mp4": "video/mp4", "mov": "video/quicktime", "webm": "video/webm", "mkv": "video/x-matroska",
    "avi": "video/x-msvideo", "png": "image/png", "jpg": "image/jpeg", "webp": "image/webp",
    "gif": "image/gif",
}  # fmt: skip
"""Media that a backup may hold; the type is what a browser will be told."""

SHA = re.compile(r"[0-9a-f]{64}")
ID = re.compile(r"[a-z]{2,12}_[0-9a-z]{1,27}")
TOKEN = re.compile(r"[A-Za-z0-9_\-]{16,40}")


@dataclass(frozen=True, slots=True)
class Part:
    """One table in a backup."""

    file: str
    table: sa.Table
    same: tuple[str, ...] = ()
    """Columns that tell a row again, where it has no id of its own."""

    asked: bool = False
    """Only where it was asked for."""

    without: frozenset[str] = frozenset()
    """Columns that stay behind."""


PARTS = (
    Part("jobs.jsonl", tables.job, without=frozenset({"key", "cancel", "runner"})),
    Part("clips.jsonl", tables.clip),
    Part("characters.jsonl", tables.character),
    Part("settings.jsonl", tables.setting),
    Part("attempts.jsonl", tables.attempt, ("job", "step", "account", "time"), without=frozenset({"id"})),
    Part(
        "account_events.jsonl", tables.account_event, ("account", "time", "what"), without=frozenset({"id"})
    ),
    Part("log.jsonl", tables.request_log, ("time", "method", "path"), asked=True, without=frozenset({"id"})),
    Part("keys.jsonl", tables.api_key, asked=True),
)


ACCOUNT = Part(
    "accounts",
    tables.account,
    without=frozenset(
        ("secrets", "mark", "renewing_until", "images_in_use", "videos_in_use", "image_free", "video_free",
         "rank", "due")
    ),
)  # fmt: skip
"""What a sealed account holds besides its secrets: not what follows from the rest or from leases."""


def damaged(why: str, fix: str = "Make the backup again; nothing was imported") -> InvalidInput:
    """The error of a backup that is not what it should be."""
    return InvalidInput("The backup cannot be imported", why=why, fix=fix, code="damaged")


def read_row(part: Part, found: Any, where: str) -> dict[str, Any]:
    """A row of a backup, checked; columns that it lacks get the table's default.

    Args:
        part: Its table.
        found: The JSON of its line.
        where: Where it stands, for the error.

    Raises:
        InvalidInput: It is no such row.
    """
    if not isinstance(found, Mapping):
        raise damaged(f"{where} is no object")
    row: dict[str, Any] = {}
    for column in part.table.c:
        if column.name in part.without:
            continue
        if column.name in found:
            value = found[column.name]
            if not fits(column, value):
                raise damaged(f"{where}: {column.name} does not hold what it should")
            row[column.name] = (
                float(value) if isinstance(column.type, sa.Float) and value is not None else value
            )
        elif not column.nullable and column.server_default is None:
            raise damaged(f"{where} has no {column.name}")
    if not CHECKS[part.table.name](row):
        raise damaged(f"{where} is no row of {part.table.name}s")
    return row


def fits(column: sa.Column[Any], value: Any) -> bool:
    """Whether a value may stand in a column."""
    if value is None:
        return bool(column.nullable) or isinstance(column.type, sa.JSON)
    kind = column.type
    if isinstance(kind, sa.JSON):
        return True
    if isinstance(kind, sa.Boolean):
        return isinstance(value, bool)
    if isinstance(kind, sa.String):
        return isinstance(value, str) and "\x00" not in value and len(value) <= (kind.length or len(value))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if isinstance(kind, sa.Integer):
        most = 63 if isinstance(kind, sa.BigInteger) else 31
        return isinstance(value, int) and -(2**most) <= value < 2**most
    return math.isfinite(value)


def media_of(part: Part, row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Content and extension of the files that a row stands on; an extension may be unknown (empty)."""
    if part.table is tables.clip:
        return [(row["sha256"], row["ext"]), (row["poster_sha256"], "jpg")]
    if part.table is tables.character:
        return [(row["sha256"], row["ext"])]
    return []


def references_of(row: Mapping[str, Any]) -> list[str]:
    """Content of the pictures and clips that a request refers to."""
    request = row.get("request") or {}
    refs = (request.get(name) or {} for name in ("image", "video"))
    return [sha for ref in refs if (sha := ref.get("sha256"))]


# -- what the types of columns do not tell


def is_job(row: Mapping[str, Any]) -> bool:
    error, clips = row.get("error"), row["clips"]
    return (
        is_id(row["id"], "job_")
        and row["kind"] in get_args(Kind)
        and row["state"] in FINAL
        and isinstance(row["plan"], dict)
        and isinstance(clips, list)
        and all(isinstance(one, str) for one in clips)
        and (error is None or (isinstance(error, dict) and isinstance(error.get("what"), str)))
        and isinstance(row.get("timings", {}), dict)
        and is_request(row["request"])
    )


def is_clip(row: Mapping[str, Any]) -> bool:
    return (
        is_id(row["id"], "clip_")
        and row["kind"] in ("video", "image")
        and SHA.fullmatch(row["sha256"]) is not None
        and SHA.fullmatch(row["poster_sha256"]) is not None
        and MIMES.get(row["ext"]) == row["mime"]
        and TOKEN.fullmatch(row["token"]) is not None
        and isinstance(row["understood"], dict)
        and isinstance(row.get("upstream", {}), dict)
        and isinstance(row.get("tags", []), list)
        and all(isinstance(one, str) for one in row.get("tags", []))
        and is_request(row["request"])
    )


def is_character(row: Mapping[str, Any]) -> bool:
    return (
        ID.fullmatch(row["id"]) is not None
        and SHA.fullmatch(row["sha256"]) is not None
        and row["ext"] in MIMES
        and TOKEN.fullmatch(row["token"]) is not None
        and isinstance(row["upstream"], dict)
    )


def is_account(row: Mapping[str, Any]) -> bool:
    settings = row.get("settings", {})
    return (
        is_id(row["id"], "acc_")
        and row.get("state", "ready") in ("ready", "cooling", "expired", "unfit")
        and isinstance(settings, dict)
        and all(
            isinstance(settings.get(name, ""), str) for name in ("client_id", "redirect_uri", "device_id")
        )
    )


def is_key(row: Mapping[str, Any]) -> bool:
    lists = [row.get(name, []) for name in ("scopes", "models")]
    return (
        is_id(row["id"], "key_")
        and SHA.fullmatch(row["hash"]) is not None
        and all(isinstance(found, list) and all(isinstance(one, str) for one in found) for found in lists)
        and "admin" not in lists[0]  # a file that somebody made must not open the house to them
    )


def is_id(text: str, prefix: str) -> bool:
    return text.startswith(prefix) and ID.fullmatch(text) is not None


def is_request(found: Any) -> bool:
    """Whether it reads as a request, which every list of jobs and clips does."""
    try:
        request = Request.from_json(found)
        shots = tuple((shot.text, shot.seconds) for shot in request.shots)
    except (TypeError, AttributeError, KeyError, ValueError):
        return False
    texts: list[Any] = [request.prompt, request.model, *(text for text, _ in shots)]
    numbers: list[Any] = [request.seconds, request.width, request.height, *(seconds for _, seconds in shots)]
    shas: list[Any] = [ref.sha256 for ref in (request.image, request.video) if ref is not None]
    return (
        found["kind"] in get_args(Kind)
        and all(isinstance(text, str) for text in texts)
        and all(isinstance(number, int | float) for number in numbers)
        and all(isinstance(sha, str) and SHA.fullmatch(sha) for sha in shas)
    )


def anything(_row: Mapping[str, Any]) -> bool:
    return True


CHECKS: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    "job": is_job,
    "clip": is_clip,
    "character": is_character,
    "setting": anything,
    "attempt": anything,
    "account_event": anything,
    "request_log": anything,
    "api_key": is_key,
    "account": is_account,
}
