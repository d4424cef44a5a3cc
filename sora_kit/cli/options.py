"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ("AsJson", "Backend", "Host", "Workspace")

Workspace = Annotated[
    str | None,
    typer.Option(
        "--workspace",
        "-w",
        metavar="PATH_OR_URL",
        show_default="SORA_KIT_WORKSPACE, else your data folder",
        help="Folder of jobs and clips, made when it is not there; or a PostgreSQL URL.",
    ),
]

AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")]

Host = Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Address to listen on.")]

Backend = Annotated[
    str | None,
    typer.Option(
        "--backend",
        metavar="NAME",
        show_default="SORA_KIT_BACKEND, else animatic",
        help="Who makes the pictures.",
    ),
]
