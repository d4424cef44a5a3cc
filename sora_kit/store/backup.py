"""Export: a workspace's clips, jobs and characters in one file that a person can keep.

The file is written in one pass, a row and a megabyte at a time, under a temporary name beside its target,
and renamed when it is whole: a backup that exists is complete. All rows come from one reading transaction.
Unfinished jobs stay behind, because two workspaces must not both carry out the same one; API keys and the
request log stay behind unless asked for; `sora_kit.store.archive` describes the form.
"""

from __future__ import annotations

import hashlib
import json
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa

from sora_kit.errors import InvalidInput, NotFound
from sora_kit.store import tables
from sora_kit.store.archive import ACCOUNTS, FORMAT, MANIFEST, PARTS, Part, media_of, references_of
from sora_kit.store.database import SCHEMA
from sora_kit.store.jobs import FINAL
from sora_kit.store.media import no_space
from sora_kit.store.sealing import seal_box
from sora_kit.store.secrets import NOTE, SEALED_SETTINGS
from sora_kit.store.statements import Transaction
from sora_kit.store.workspace import Workspace

__all__ = ("Report", "export")

CHUNK = 1 << 20
STORED = zipfile.ZIP_STORED
"""Videos and pictures are compressed already."""


@dataclass(frozen=True, slots=True)
class Report:
    """What an export or import did."""

    path: Path
    counts: dict[str, int] = field(default_factory=dict)
    """Rows by table (``clips``, ``jobs``, …), and ``media`` files. For an import, those that are new."""

    skipped: dict[str, int] = field(default_factory=dict)
    """What was left out, by reason in plain words."""

    def count(self, what: str, number: int = 1) -> None:
        """Count something that was done."""
        self.counts[what] = self.counts.get(what, 0) + number

    def skip(self, why: str, number: int = 1) -> None:
        """Count something that was left out."""
        if number:
            self.skipped[why] = self.skipped.get(why, 0) + number


def export(
    workspace: Workspace,
    path: str | Path,
    *,
    since: float | None = None,
    media: bool = True,
    log: bool = False,
    keys: bool = False,
    accounts: list[dict[str, Any]] | None = None,
    passphrase: str = "",
) -> Report:
    """Write a backup.

    Args:
        workspace: What to save.
        path: The zip file; one that is there is replaced once the new one is whole.
        since: Unix seconds; only what was made from then on. Parents that are older are not included.
        media: Whether pictures and videos are included. Without them the file is a list of what was made.
        log: Whether the request log is included.
        keys: Whether names and hashes of API keys are included.
        accounts: Rows of accounts with their secrets; they are only ever written sealed.
        passphrase: What seals them.

    Returns:
        What was written and what was left out.

    Raises:
        InvalidInput: The path is no place for a file, or the passphrase is too short.
        WorkspaceFull: No space is left.
    """
    target = Path(path).expanduser().absolute()
    if target.is_dir() or not target.parent.is_dir():
        raise InvalidInput(
            f"{target} is no place for a backup",
            why="It is a folder" if target.is_dir() else f"There is no folder {target.parent}",
            fix="Give the name of a file in a folder that exists, such as film.zip",
            param="path",
        )
    sealed = None if accounts is None else seal_box(json.dumps(accounts).encode(), passphrase)
    report, digests = Report(target), dict[str, str]()
    unfinished = target.with_name(f".{target.name}.part")
    try:
        with (
            no_space(target.parent),
            zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive,
        ):
            wanted: dict[str, str] = {}
            with one_view(workspace) as connection:
                for part in PARTS:
                    if (
                        not part.asked
                        or (part.table is tables.request_log and log)
                        or (part.table is tables.api_key and keys)
                    ):
                        rows = rows_of(connection, part, since)
                        digests[part.file] = write_rows(archive, part, rows, wanted, report)
                busy = sa.select(sa.func.count()).where(tables.job.c.state.not_in(FINAL))
                report.skip("unfinished jobs", connection.execute(busy).scalar_one())
            if sealed is not None:
                archive.writestr(ACCOUNTS, sealed, STORED)
                report.count("accounts", len(accounts or ()))
                digests[ACCOUNTS] = hashlib.sha256(sealed).hexdigest()
            if media:
                write_media(archive, workspace, wanted, report)
            archive.writestr(MANIFEST, manifest(report, digests, media=media))
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return report


@contextmanager
def one_view(workspace: Workspace) -> Iterator[Transaction]:
    """A transaction in which all tables are as they were at one moment."""
    with workspace.database.read() as connection:
        if not workspace.database.sqlite:
            connection.usual().execution_options(isolation_level="REPEATABLE READ")
        yield connection


def rows_of(connection: Transaction, part: Part, since: float | None) -> Iterator[dict[str, Any]]:
    """The rows of a table that belong in a backup, without holding them all."""
    table = part.table
    query = sa.select(*(column for column in table.c if column.name not in part.without))
    query = query.order_by(*table.primary_key)
    if table is tables.job:
        query = query.where(table.c.state.in_(FINAL))
    if table is tables.setting:
        query = query.where(table.c.name.not_in((NOTE, *SEALED_SETTINGS)))
    if table is tables.attempt:
        query = query.join(tables.job, tables.job.c.id == table.c.job).where(tables.job.c.state.in_(FINAL))
    if since is not None and table not in (tables.setting, tables.api_key):
        of = tables.job if table is tables.attempt else table
        query = query.where(of.c["created" if "created" in of.c else "time"] >= since)
    streamed = connection.execute(query, execution_options={"yield_per": 500})
    rows = (dict(row) for row in streamed.mappings())
    if table is tables.api_key:
        rows = (row for row in rows if "admin" not in row["scopes"])  # no import would take them
    yield from rows


def write_rows(
    archive: zipfile.ZipFile,
    part: Part,
    rows: Iterator[dict[str, Any]],
    wanted: dict[str, str],
    report: Report,
) -> str:
    """Write a table; gives the digest of its lines, and adds to the media that are wanted."""
    digest = hashlib.sha256()
    with archive.open(part.file, "w", force_zip64=True) as file:
        for row in rows:
            line = json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
            file.write(line)
            digest.update(line)
            report.count(part.file.removesuffix(".jsonl"))
            wanted.update(media_of(part, row))
            for sha in references_of(row):
                wanted.setdefault(sha, "")
    return digest.hexdigest()


def write_media(
    archive: zipfile.ZipFile, workspace: Workspace, wanted: Mapping[str, str], report: Report
) -> None:
    """Copy the files that rows stand on; one that was deleted meanwhile is counted, not missed in silence."""
    for sha, ext in sorted(wanted.items()):
        try:
            path = workspace.media.path(sha, ext) if ext else workspace.media.find(sha)
            with path.open("rb") as source:
                info = zipfile.ZipInfo(f"media/{path.name}")
                info.compress_type = STORED
                info.file_size = path.stat().st_size
                info.external_attr = 0o644 << 16
                with archive.open(info, "w", force_zip64=True) as target:
                    copy(source, target)
        except (NotFound, FileNotFoundError):
            report.skip("media that were deleted")
        else:
            report.count("media")


def copy(source: IO[bytes], target: IO[bytes]) -> None:
    """Copy a file by the megabyte."""
    while piece := source.read(CHUNK):
        target.write(piece)


def manifest(report: Report, digests: Mapping[str, str], *, media: bool) -> str:
    """What a backup says of itself."""
    from sora_kit import __version__

    return json.dumps(
        {
            "format": FORMAT,
            "sora_kit": __version__,
            "schema": SCHEMA,
            "created": time.time(),
            "media": media,
            "counts": report.counts,
            "skipped": report.skipped,
            "sha256": dict(digests),
        },
        indent=1,
    )
