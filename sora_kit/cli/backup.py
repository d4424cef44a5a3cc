"""``sora-kit export`` and ``sora-kit import``: a workspace as a file, and back.

Neither runs jobs. A passphrase comes from a file, from ``SORA_KIT_BACKUP_PASSPHRASE``, or from the keyboard
without being shown; never from an argument, which other users of the machine can read.
"""

from __future__ import annotations

import os
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sora_kit.cli import say
from sora_kit.cli.options import AsJson, Workspace
from sora_kit.errors import InvalidInput

if TYPE_CHECKING:
    from sora_kit.accounts import Accounts
    from sora_kit.store import Workspace as Opened
    from sora_kit.store.backup import Report

__all__ = ("export", "import_")

EXPORT_EXAMPLE = "Example: [bold]sora-kit export film.zip --since 2026-01-01[/bold]"
IMPORT_EXAMPLE = "Example: [bold]sora-kit import film.zip --workspace ./film[/bold]"
PASSPHRASE = "SORA_KIT_BACKUP_PASSPHRASE"  # noqa: S105 - the name of the variable

File = Annotated[Path, typer.Argument(metavar="FILE.zip", help="The backup.", show_default=False)]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        metavar="FILE",
        help=f"File whose first line is the passphrase of the accounts; else {PASSPHRASE}, else asked.",
        show_default=False,
    ),
]


def export(
    file: File,
    *,
    accounts: Annotated[
        bool, typer.Option("--accounts", help="With accounts, sealed under a passphrase.")
    ] = False,
    passphrase_file: PassphraseFile = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="Only what was made since, as 2026-01-31.")
    ] = None,
    media: Annotated[bool, typer.Option("--media/--no-media", help="With pictures and videos.")] = True,
    log: Annotated[bool, typer.Option("--log", help="With the request log.")] = False,
    keys: Annotated[bool, typer.Option("--keys", help="With API keys, as hashes.")] = False,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Save clips, jobs, characters and settings as one zip file."""
    from sora_kit.studio.keeping import save

    moment = None if since is None else start_of(since)
    passphrase = asked(passphrase_file, twice=True) if accounts else ""
    opened, pool = parts(workspace)
    with closing(opened.database):
        report = save(
            opened, pool, file, since=moment, media=media, log=log, keys=keys, with_accounts=accounts,
            passphrase=passphrase,
        )  # fmt: skip
    told(report, f"Wrote {file}, {say.size(file.stat().st_size)}", as_json=as_json)


def import_(
    file: File,
    *,
    accounts: Annotated[
        bool, typer.Option("--accounts", help="With its accounts; asks for their passphrase.")
    ] = False,
    passphrase_file: PassphraseFile = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Merge a backup into a workspace. What is there stays; the same file twice changes nothing."""
    from sora_kit.studio.keeping import load

    passphrase = asked(passphrase_file, twice=False) if accounts or passphrase_file else ""
    opened, pool = parts(workspace)
    with closing(opened.database):
        report = load(opened, pool, file, passphrase=passphrase)
    told(report, f"Imported {file}", as_json=as_json)


def parts(place: str | None) -> tuple[Opened, Accounts]:
    """A workspace and its accounts; running jobs are none of these commands' business."""
    from sora_kit.accounts import Accounts
    from sora_kit.store import Workspace
    from sora_kit.store.secrets import Secrets

    opened = Workspace(place)
    return opened, Accounts(opened.database, Secrets(opened.database, opened.folder))


def asked(file: Path | None, *, twice: bool) -> str:
    """The passphrase.

    Raises:
        InvalidInput: There is none, and nobody to ask.
    """
    if file is not None:
        lines = file.read_text("utf-8").splitlines()
        return lines[0] if lines else ""
    if given := os.environ.get(PASSPHRASE):
        return given
    if not sys.stdin.isatty():
        raise InvalidInput(
            "A passphrase is needed for the accounts",
            why="There is no keyboard to ask at",
            fix=f"Use --passphrase-file, or set {PASSPHRASE}",
            param="passphrase",
        )
    found: str = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=twice, err=True)
    return found


def start_of(since: str) -> float:
    """A day or a moment in Unix seconds, in this computer's time unless it names a zone.

    Raises:
        InvalidInput: It is no date.
    """
    try:
        return datetime.fromisoformat(since).timestamp()
    except (ValueError, OverflowError, OSError) as error:
        raise InvalidInput(
            f"{since!r} is not a date", fix="Write it as 2026-01-31 or 2026-01-31T18:00", param="since"
        ) from error


def told(report: Report, first: str, *, as_json: bool) -> None:
    """Say what was done."""
    if as_json:
        say.result_json({"file": str(report.path), "counts": report.counts, "skipped": report.skipped})
        return
    counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in report.counts.items() if count)
    say.note(f"{first}: {counts or 'nothing new'}.")
    for why, count in report.skipped.items():
        say.note(f"Left out: {count} {why}.")
