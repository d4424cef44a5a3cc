"""The command ``sora-kit``.

Each module holds one command and imports the rooms that it needs inside its function, so that
``sora-kit --help`` answers at once. `app` joins them and turns errors into one line and an exit
code; `stay` keeps a serving command alive until Ctrl-C; `say` prints.

Exit codes: 0 done, 1 an error that is explained in one line on stderr, 2 wrong usage, 130 Ctrl-C.
"""

from __future__ import annotations

__all__ = ("main",)


def main() -> None:
    """Run the command with the arguments of this process, and end it."""
    from sora_kit.cli.app import app

    app(prog_name="sora-kit")
