"""``sora-kit serve``: the API server without the page."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from sora_kit.cli import say, stay
from sora_kit.cli.options import Backend, Host, Workspace
from sora_kit.errors import ServerError

if TYPE_CHECKING:
    from sora_kit.server import Server
    from sora_kit.studio import Studio

__all__ = ("check_host", "key_line", "serve", "workspace_line")

EXAMPLE = "Example: [bold]sora-kit serve --port 8000[/bold]"

PORT = 8000
PASSWORD = "SORA_KIT_ADMIN_PASSWORD"  # noqa: S105 - the name of the variable
SHORTEST = 8
"""Characters of an admin password that other machines may try."""


def serve(
    *,
    host: Host = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(
            "--port",
            metavar="PORT",
            min=0,
            max=65535,
            show_default="8000 or the next free one",
            help="Port to listen on; if you name one that is in use, that is an error.",
        ),
    ] = None,
    cors_origin: Annotated[
        list[str] | None,
        typer.Option(
            "--cors-origin",
            metavar="ORIGIN",
            show_default="any page with a key",
            help="A web page whose code may ask, for example https://app.example; may be repeated.",
        ),
    ] = None,
    media_style: Annotated[
        str | None,
        typer.Option(
            "--media-style",
            metavar="STYLE",
            show_default="auto",
            help="How chats show clips: link, html, fence or auto.",
        ),
    ] = None,
    wait: Annotated[
        float | None,
        typer.Option(
            "--wait",
            metavar="SECONDS",
            show_default="540",
            help="How long a request without a stream waits for its result.",
        ),
    ] = None,
    backend: Backend = None,
    workspace: Workspace = None,
) -> None:
    """Serve the OpenAI-compatible API, and run jobs, until Ctrl-C."""
    check_host(host, workspace)
    from sora_kit.studio import Studio

    with stay.stoppable(), ExitStack() as stack:
        studio = stack.enter_context(Studio(workspace, backend=backend, role="runner"))
        server = studio.serve(
            host=host,
            port=PORT if port is None else port,
            fallback=port is None,
            cors_origins=cors_origin or None,
            media_style=media_style,
            wait_seconds=wait,
        )
        stack.callback(server.stop)
        say.note(f"API        {server.url}/v1    for any OpenAI client; try {server.url}/docs")
        say.note(key_line(server))
        say.note(workspace_line(studio))
        say.note("\nCtrl-C stops it. Unfinished jobs go on at the next start.")
        stay.forever()


def check_host(host: str, workspace: str | None = None) -> None:
    """Refuse to be reached from other machines while nobody can administer what they reach.

    Raises:
        ServerError: ``host`` is not a loopback address, and there is neither an admin password nor a key
            with the scope ``admin``; or the password is too short to be one.
    """
    from sora_kit.server.sockets import is_loopback

    password = os.environ.get(PASSWORD, "")
    if is_loopback(host) or len(password) >= SHORTEST:
        return
    if password:
        raise ServerError(
            f"{host} would let other machines in, and {PASSWORD} is easily guessed",
            why=f"It has {len(password)} characters",
            fix=f"Choose one of {SHORTEST} or more",
            param="host",
        )
    from sora_kit.store import Keys, Workspace

    if any(
        key.state == "valid" and "admin" in key.scopes for key in Keys(Workspace(workspace).database).list()
    ):
        return
    raise ServerError(
        f"{host} would let other machines in, and no admin secret is set",
        why="Whoever runs a server that others reach must be able to see and stop what they do",
        fix=f"Set {PASSWORD} to a password of your choice (or make a key with "
        "`sora-kit keys create NAME --scope admin`), or listen on 127.0.0.1",
        param="host",
    )


def key_line(server: Server) -> str:
    """One line that says which key opens ``server``."""
    if server.new_key:
        return f"Key        {server.new_key}    keep it now: it is not shown again"
    if os.environ.get("SORA_KIT_API_KEY"):
        return "Key        the one in SORA_KIT_API_KEY"
    return "Key        one that you have; a new one: sora-kit keys create NAME"


def workspace_line(studio: Studio) -> str:
    """One line that says where jobs and clips are kept. A database's URL may hold a password."""
    opened = studio.workspace
    return f"Workspace  {f'database {opened.name}' if '://' in opened.place else opened.place}"
