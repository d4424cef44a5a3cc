"""``sora-kit rotate-key``."""

from __future__ import annotations

from typing import Annotated

import typer

from sora_kit.cli import say
from sora_kit.cli.options import Workspace
from sora_kit.cli.secret_input import read_secret

__all__ = ("rotate_key",)

EXAMPLE = "Example: [bold]sora-kit rotate-key[/bold]"


def rotate_key(
    new: Annotated[
        str | None,
        typer.Option(
            "--new", metavar="SECRET", help="The new key for SORA_KIT_SECRET_KEY: @FILE, or - for stdin."
        ),
    ] = None,
    lost: Annotated[
        bool, typer.Option("--lost", help="The old key is gone: drop the secrets that it sealed.")
    ] = False,
    workspace: Workspace = None,
) -> None:
    """Seal all secrets of the accounts anew, with another key, and forget the old one."""
    from sora_kit.accounts import Accounts
    from sora_kit.store import Workspace as Opened
    from sora_kit.store.secrets import Secrets

    opened = Opened(workspace)
    text = read_secret(new) if new else ""
    count = Accounts(opened.database, Secrets(opened.database, opened.folder)).rotate_key(text, lost=lost)
    say.note(f"{count} sealed {'text' if count == 1 else 'texts'} have a new key.")
    if text:
        say.note("Set SORA_KIT_SECRET_KEY to it wherever this workspace is opened.")
