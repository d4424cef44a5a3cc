"""What the command prints: results to stdout, everything for people's eyes to stderr.

Only results go to stdout, so that ``$(sora-kit generate …)`` and ``sora-kit models --json | jq``
hold nothing else. An error is one line: what happened, why, how to fix it.
"""

from __future__ import annotations

import errno
import json
import sys
from typing import Any

from sora_kit.errors import SoraKitError

__all__ = ("explain_os_error", "failure", "note", "result", "result_json", "size", "table")

NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


def result(text: str) -> None:
    """Print a result."""
    print(text)


def result_json(value: Any) -> None:
    """Print a result for programs."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Print rows under headings: ruled for people, tab-separated and whole for a pipe."""
    if not sys.stdout.isatty():
        for row in (columns, *rows):
            print("\t".join(row))
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table

    ruled = Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        ruled.add_row(*row)
    # Users' words may hold square brackets, which rich would read as its own marks.
    Console(markup=False, highlight=False).print(ruled)


def note(text: str = "") -> None:
    """Say something beside the result."""
    print(text, file=sys.stderr, flush=True)


def failure(error: SoraKitError) -> None:
    """Say what went wrong, on one line."""
    line = " ".join(str(error).split())
    mark = "\x1b[31merror:\x1b[0m" if sys.stderr.isatty() else "error:"
    note(f"{mark} {line}")


def explain_os_error(error: OSError) -> SoraKitError:
    """The operating system's refusal, in the three texts."""
    where = str(error.filename) if error.filename else "A file"
    reason = error.strerror or type(error).__name__
    if error.errno in NO_SPACE:
        return SoraKitError(
            f"{where} could not be written",
            why="The disk is full",
            fix="Free some space, or name another folder with --workspace or -o",
            code="disk_full",
        )
    return SoraKitError(
        f"{where} could not be used",
        why=reason,
        fix="Check the path and whether you may read and write there",
        code="file_error",
    )


def size(count: float) -> str:
    """Bytes in words: ``1.4 MB``."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"
