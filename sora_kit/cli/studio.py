"""``sora-kit studio``: the page, the API and the runner of jobs, in one."""

from __future__ import annotations

import os
import sys
import webbrowser
from contextlib import ExitStack
from typing import Annotated, Literal

import typer

from sora_kit.cli import say, stay
from sora_kit.cli.options import Backend, Host, Workspace
from sora_kit.cli.serve import PASSWORD, check_host, key_line, workspace_line
from sora_kit.cli.serve import PORT as API_PORT
from sora_kit.errors import ServerError

__all__ = ("studio",)

EXAMPLE = "Example: [bold]sora-kit studio --workspace ./film[/bold]"

PORT = 8866


def studio(
    *,
    host: Host = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            "--port",
            metavar="PORT",
            min=1,
            max=65535,
            help="Port of the page; the next free one if it is taken.",
        ),
    ] = PORT,
    api_port: Annotated[
        int,
        typer.Option(
            "--api-port",
            metavar="PORT",
            min=1,
            max=65535,
            help="Port of the API; the next free one if it is taken.",
        ),
    ] = API_PORT,
    theme: Annotated[
        Literal["light", "dark"] | None,
        typer.Option("--theme", show_default="the page's own", help="Colours."),
    ] = None,
    admin: Annotated[
        bool,
        typer.Option(
            "--admin",
            help="Also show accounts and server, under /admin, to whoever knows SORA_KIT_ADMIN_PASSWORD.",
        ),
    ] = False,
    gallery: Annotated[
        Literal["own", "common"] | None,
        typer.Option(
            "--gallery",
            show_default="what was chosen before, else common",
            help="Whether each visitor of the page sees only their own clips, or all see all.",
        ),
    ] = None,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in your browser.")
    ] = True,
    backend: Backend = None,
    workspace: Workspace = None,
) -> None:
    """Open the studio: a page to make videos in, and the API beside it, until Ctrl-C."""
    check_host(host, workspace)
    if admin and not os.environ.get(PASSWORD):
        raise ServerError(
            f"--admin needs {PASSWORD}",
            why="The operator's page shows the accounts of this workspace to whoever knows that password",
            fix=f"Set {PASSWORD}, then start the studio again",
            param="admin",
        )
    with stay.stoppable(), ExitStack() as stack:
        say.note("Starting the studio …")
        from sora_kit.panels.page import Page
        from sora_kit.server.sockets import claim, is_loopback
        from sora_kit.studio import Studio

        opened = stack.enter_context(Studio(workspace, backend=backend, role="runner"))
        place = opened.workspace.place
        if gallery:
            opened.settings.set("studio.gallery", gallery)
        server = opened.serve(host=host, port=api_port)
        stack.callback(server.stop)
        with claim(host, port, fallback=True) as free:  # Voilà opens the port itself, a moment later
            chosen = free.getsockname()[1]
        env = {"SORA_KIT_BACKEND": opened.backend, "SORA_KIT_DATABASE_URL": place if "://" in place else ""}
        page = Page(opened.workspace.folder, host=host, port=chosen, theme=theme, env=env, admin=admin)
        stack.callback(page.stop)
        page.start()

        for name, wanted, got in (("page", port, chosen), ("API", api_port, server.port)):
            if wanted != got:
                say.note(f"Port {wanted} is in use, so the {name} is on {got}.")
        say.note()
        say.note(f"Studio     {page.url}    type a prompt there and press Generate")
        if admin:
            say.note(f"Operator   {page.admin_url}    asks for the admin password")
        say.note(f"API        {server.url}/v1    for any OpenAI client; try {server.url}/docs")
        say.note(key_line(server))
        say.note(workspace_line(opened))
        if not is_loopback(host):
            say.note("The page asks for no password: whoever reaches its address can use this studio.")
        say.note("\nCtrl-C stops everything. Unfinished jobs go on at the next start.")
        if browser and has_display():
            webbrowser.open(page.url)
        stay.forever(lambda: page.running)
        raise ServerError(
            "The page ended by itself", why=f"Its last words are in {page.log}", fix="Start the studio again"
        )


def has_display() -> bool:
    """Whether a browser window could open where the user sits."""
    if "SSH_CONNECTION" in os.environ and "DISPLAY" not in os.environ:
        return False
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or "WSL_DISTRO_NAME" in os.environ
    )
