"""``sora-kit worker``: runs the jobs of a workspace, without a server."""

from __future__ import annotations

from typing import Annotated

import typer

from sora_kit.cli import say, stay
from sora_kit.cli.options import Backend, Workspace

__all__ = ("worker",)

EXAMPLE = "Example: [bold]sora-kit worker --workspace ./film[/bold]"


def worker(
    *,
    with_parent: Annotated[
        int | None,
        typer.Option("--with-parent", metavar="PID", min=1, help="End when this process ends."),
    ] = None,
    backend: Backend = None,
    workspace: Workspace = None,
) -> None:
    """Run the jobs of a workspace until Ctrl-C."""
    from sora_kit.studio import Studio

    with stay.stoppable(), Studio(workspace, backend=backend, role="runner") as studio:
        say.note(f"Running the jobs of {studio.workspace.name}. Ctrl-C stops; unfinished jobs go on later.")
        stay.forever(stay.while_parent(with_parent) if with_parent else None)
