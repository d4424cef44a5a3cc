"""Import: a backup merged into a workspace that may hold other things.

Nothing is half-done. The whole file is read and checked first: names, sizes, digests, every row, every
picture and video (into a scratch folder, hashed on the way). Then one transaction inserts what is new,
and the files move to their places just before it commits; if it fails they go again. What is there is
never overwritten, so the same backup twice changes nothing.

A backup may be made by an enemy. Only the names of `sora_kit.store.archive` are taken, nothing is ever
written under a name of the file's own choosing, and no entry may grow to more than `RATIO` times its size.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from sora_kit.errors import BadMedia, InvalidInput, WorkspaceFull
from sora_kit.media.sniff import HEAD, sniff
from sora_kit.store import tables
from sora_kit.store.archive import (
    ACCOUNTS,
    FORMAT,
    MANIFEST,
    MEDIA,
    PARTS,
    Part,
    damaged,
    media_of,
    read_row,
    references_of,
)
from sora_kit.store.backup import CHUNK, Report
from sora_kit.store.database import Database
from sora_kit.store.sealing import open_box
from sora_kit.store.secrets import NOTE, SEALED_SETTINGS
from sora_kit.store.statements import Transaction
from sora_kit.store.workspace import Workspace

__all__ = ("Adopt", "restore")

RATIO = 200
"""How many times its size an entry may grow."""

LINE = 8 << 20
"""Bytes of the longest line."""

SMALL = 64 << 20
"""Bytes of the largest manifest and box of accounts."""

ENTRIES = 2_000_000

Adopt = Callable[[Transaction, list[dict[str, Any]]], Mapping[str, str]]
"""Takes accounts into the workspace, in the transaction: gives the id here of each id in the backup."""


def restore(
    workspace: Workspace, path: str | Path, *, passphrase: str = "", adopt: Adopt | None = None
) -> Report:
    """Merge a backup into a workspace.

    Args:
        workspace: Where to.
        path: The zip file.
        passphrase: Opens its accounts; without one they are left out.
        adopt: Takes its accounts.

    Returns:
        What is new, and what was left out.

    Raises:
        InvalidInput: It is no backup, or damaged, or hostile; or another passphrase. Nothing was changed.
        WorkspaceFull: No space is left. Nothing was changed.
    """
    source = Path(path).expanduser()
    with opened(source) as archive, workspace.media.folder_for_work("import") as folder:
        entries = checked_entries(archive, source.stat().st_size)
        needed = sum(info.file_size for info in archive.infolist())
        if needed > shutil.disk_usage(folder).free:
            raise WorkspaceFull(
                "There is no space for the backup",
                why=f"It unpacks to {needed / 1e9:.1f} GB",
                fix="Free some space. Nothing was imported",
            )
        digests = read_manifest(archive, entries)
        report = Report(source)
        found = {part.table.name: read_part(archive, part, digests) for part in PARTS if part.file in digests}
        staged = stage_media(archive, entries, folder)
        accounts = read_accounts(archive, digests, passphrase, report)
        check_references(found, staged)
        placed: list[Path] = []
        try:
            with workspace.database.write() as connection:
                ids = adopt(connection, accounts) if adopt is not None and accounts else {}
                with_accounts(found, ids)
                insert_all(connection, workspace, found, staged, report)
                place(workspace, staged, placed)
        except BaseException:
            for one in placed:
                one.unlink(missing_ok=True)
            raise
        report.count("media", len(placed))
    return report


@contextmanager
def opened(source: Path) -> Iterator[zipfile.ZipFile]:
    """The zip file; whatever cannot be read in it is one error."""
    try:
        with zipfile.ZipFile(source) as archive:
            yield archive
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError) as error:
        raise damaged(f"{source.name} is not a whole zip file: {error}") from error
    except (FileNotFoundError, IsADirectoryError) as error:
        raise InvalidInput(
            f"There is no file {source}", fix="Check the path of the backup", param="path"
        ) from error


def checked_entries(archive: zipfile.ZipFile, size: int) -> dict[str, zipfile.ZipInfo]:
    """The entries by name, if all of them may be in a backup."""
    known = {MANIFEST, ACCOUNTS, *(part.file for part in PARTS)}
    entries: dict[str, zipfile.ZipInfo] = {}
    infos = archive.infolist()
    if len(infos) > ENTRIES:
        raise damaged("It has too many entries")
    for info in infos:
        if info.orig_filename != info.filename or not (
            info.filename in known or MEDIA.fullmatch(info.filename)
        ):
            raise damaged(f"It holds {info.orig_filename[:80]!r}, which no backup does")
        if info.filename in entries:
            raise damaged(f"It holds {info.filename[:80]!r} twice")
        if info.flag_bits & 1:
            raise damaged("It is encrypted", "Unpack it and pack it again without a password")
        if info.file_size > max(1, info.compress_size) * RATIO + LINE:
            raise damaged(f"{info.filename[:80]!r} would grow beyond all measure")
        entries[info.filename] = info
    if sum(info.file_size for info in infos) > size * RATIO + LINE:
        raise damaged("It would grow beyond all measure")
    if MANIFEST not in entries:
        raise damaged(
            "It has no manifest, so it is no backup of sora_kit", "Give a file of `sora-kit export`"
        )
    return entries


def read_manifest(archive: zipfile.ZipFile, entries: Mapping[str, zipfile.ZipInfo]) -> dict[str, str]:
    """The digests of the tables."""
    try:
        told = json.loads(small(archive, MANIFEST))
        version, digests = told["format"], told["sha256"]
        fits = isinstance(version, int) and isinstance(digests, dict)
    except (ValueError, KeyError, TypeError, RecursionError):
        fits = False
    if not fits:
        raise damaged("Its manifest cannot be read")
    if version > FORMAT:
        raise InvalidInput(
            "The backup was made by a newer sora_kit",
            why=f"Its form is {version}, and this version knows up to {FORMAT}",
            fix="Upgrade with `pip install -U sora-kit`. Nothing was imported",
            code="backup_too_new",
        )
    tables_in = {name for name in entries if name != MANIFEST and not MEDIA.fullmatch(name)}
    if set(digests) != tables_in:
        raise damaged("Its manifest and its contents do not agree")
    return {str(name): str(value) for name, value in digests.items()}


def small(archive: zipfile.ZipFile, name: str) -> bytes:
    """An entry that fits in memory."""
    with archive.open(name) as file:
        data = file.read(SMALL + 1)
    if len(data) > SMALL:
        raise damaged(f"{name} is too large")
    return data


def read_part(archive: zipfile.ZipFile, part: Part, digests: Mapping[str, str]) -> list[dict[str, Any]]:
    """The rows of a table, checked."""
    rows: list[dict[str, Any]] = []
    digest = hashlib.sha256()
    with archive.open(part.file) as file:
        while line := file.readline(LINE + 1):
            where = f"Line {len(rows) + 1} of {part.file}"
            if len(line) > LINE:
                raise damaged(f"{where} is too long")
            digest.update(line)
            try:
                found = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise damaged(f"{where} is no JSON") from error
            rows.append(read_row(part, found, where))
    if digest.hexdigest() != digests[part.file]:
        raise damaged(f"{part.file} was changed after it was written")
    if part.table is tables.setting:
        rows = [row for row in rows if row["name"] not in (NOTE, *SEALED_SETTINGS)]
    return rows


def stage_media(
    archive: zipfile.ZipFile, entries: Mapping[str, zipfile.ZipInfo], folder: Path
) -> dict[str, Path]:
    """Unpack the files into the scratch folder, checked by content; by digest."""
    staged: dict[str, Path] = {}
    for name in entries:
        if (match := MEDIA.fullmatch(name)) is None:
            continue
        sha, ext = match.groups()
        digest, head = hashlib.sha256(), b""
        with archive.open(name) as source, (folder / f"{sha}.{ext}").open("wb") as target:
            while piece := source.read(CHUNK):
                head = head or piece[:HEAD]
                digest.update(piece)
                target.write(piece)
        if digest.hexdigest() != sha or sha in staged:
            raise damaged(f"{name[:40]}… does not have the content that its name tells")
        try:
            kind = sniff(head)
        except BadMedia as error:
            raise damaged(f"{name[:40]}… is neither a picture nor a video") from error
        if kind.ext != f".{ext}" and {kind.ext, f".{ext}"} != {".mp4", ".mov"}:
            raise damaged(f"{name[:40]}… is {kind.mime} and not .{ext}")
        staged[sha] = folder / f"{sha}.{ext}"
    return staged


def read_accounts(
    archive: zipfile.ZipFile, digests: Mapping[str, str], passphrase: str, report: Report
) -> list[dict[str, Any]]:
    """The accounts, if there are any and the passphrase is known."""
    if ACCOUNTS not in digests:
        return []
    sealed = small(archive, ACCOUNTS)
    if hashlib.sha256(sealed).hexdigest() != digests[ACCOUNTS]:
        raise damaged("The sealed accounts were changed after they were written")
    if not passphrase:
        report.skip("sealed accounts (no passphrase was given)")
        return []
    try:
        rows = json.loads(open_box(sealed, passphrase))
    except (ValueError, RecursionError) as error:
        raise damaged("The accounts cannot be read") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise damaged("The accounts cannot be read")
    return rows


def check_references(found: Mapping[str, list[dict[str, Any]]], staged: Mapping[str, Path]) -> None:
    """Refuse files that no row stands on."""
    used = {sha for part in PARTS for row in found.get(part.table.name, ()) for sha, _ in media_of(part, row)}
    used |= {sha for rows in found.values() for row in rows for sha in references_of(row)}
    if extra := staged.keys() - used:
        raise damaged(f"It holds a file that nothing refers to: {min(extra)[:12]}…")


def with_accounts(found: Mapping[str, list[dict[str, Any]]], ids: Mapping[str, str]) -> None:
    """Write the ids that accounts have here into the rows that name them."""
    for rows in found.values():
        for row in rows:
            if row.get("account") in ids:
                row["account"] = ids[row["account"]]


def insert_all(
    connection: Transaction,
    workspace: Workspace,
    found: Mapping[str, list[dict[str, Any]]],
    staged: dict[str, Path],
    report: Report,
) -> None:
    """Insert what is new, and keep in ``staged`` only the files of rows that are here now."""
    database, wanted, new_jobs = workspace.database, set[str](), set[str]()
    brought = {path.name for path in staged.values()}
    for part in PARTS:
        word = part.file.removesuffix(".jsonl")
        for row in found.get(part.table.name, ()):
            files = media_of(part, row)
            paths = [workspace.media.path(sha, ext) for sha, ext in files]
            if not all(path.exists() or path.name in brought for path in paths):
                report.skip(f"{word} without their media")
                continue
            if part.table is tables.job:
                row |= {"updated": time.time()}  # for those who follow the workspace, it is news
            if part.table is tables.attempt and row["job"] not in new_jobs:
                continue  # came with its job, or without one
            if insert(connection, database, part, row):
                report.count(word)
                if part.table is tables.job:
                    new_jobs.add(row["id"])
            elif not here(connection, part, row):
                report.skip(f"{word} whose name or address is taken")
                continue
            wanted |= {sha for sha, _ in files} | set(references_of(row))
    for sha in staged.keys() - wanted:
        del staged[sha]


def insert(connection: Transaction, database: Database, part: Part, row: Mapping[str, Any]) -> bool:
    """Insert a row unless it, or another with its unique values, is here."""
    if part.same:
        if here(connection, part, row):
            return False
        connection.execute(sa.insert(part.table).values(row))
        return True
    dialect = sqlite if database.sqlite else postgresql
    # what it gives back tells whether it was inserted; PostgreSQL's count of rows does not
    query = dialect.insert(part.table).values(row).on_conflict_do_nothing()
    return connection.execute(query.returning(*part.table.primary_key)).first() is not None


def here(connection: Transaction, part: Part, row: Mapping[str, Any]) -> bool:
    """Whether that very row is here."""
    names = part.same or tuple(column.name for column in part.table.primary_key)
    query = sa.select(sa.literal(1)).where(*(part.table.c[name] == row[name] for name in names)).limit(1)
    return connection.execute(query).first() is not None


def place(workspace: Workspace, staged: Mapping[str, Path], placed: list[Path]) -> None:
    """Move the files to their places; what is there stays."""
    for sha, path in staged.items():
        target = workspace.media.path(sha, path.suffix[1:])
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)
            placed.append(target)
