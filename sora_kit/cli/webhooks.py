"""``sora-kit webhooks``: addresses that are told when a video has ended."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from sora_kit.cli import say
from sora_kit.cli.options import AsJson, Workspace
from sora_kit.errors import ServerError

if TYPE_CHECKING:
    from sora_kit.store.webhooks import Webhooks

__all__ = ("app",)

EXAMPLE = "Example: [bold]sora-kit webhooks add https://shop.example/hook[/bold]"

app = typer.Typer(no_args_is_help=True, help="Tell addresses when a video has ended.")

Name = Annotated[str, typer.Argument(metavar="WEBHOOK", help="Its id, name or address.")]


@app.command("add", epilog=EXAMPLE)
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where messages are posted.")],
    event: Annotated[
        list[str] | None,
        typer.Option(
            "--event",
            metavar="EVENT",
            show_default="video.completed and video.failed",
            help="What to tell; may be repeated. There is webhook.disabled, too.",
        ),
    ] = None,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="What it is for.")] = "",
    key: Annotated[
        str | None,
        typer.Option("--key", metavar="KEY", help="Only what was asked for with this API key (name or id)."),
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Add an address and show its secret, once."""
    from sora_kit.store.webhooks import USUAL

    hooks = _webhooks(workspace)
    made = hooks.add(url, event or USUAL, name=name, owner=_key(hooks, key) if key else "")
    if as_json:
        say.result_json(made.endpoint.to_json() | {"secret": made.secret})
    else:
        say.result(made.secret)
        say.note(f"That is the secret of {made.id}. Keep it now: it is not shown again.")


@app.command("list", epilog="Example: [bold]sora-kit webhooks list[/bold]")
def list_(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List the addresses, and how they fare."""
    found = _webhooks(workspace).list()
    if as_json:
        say.result_json([one.to_json() for one in found])
        return
    if not found:
        say.note("There is no webhook yet. Add one: sora-kit webhooks add URL")
        return
    rows: list[tuple[str, ...]] = [
        (
            one.id,
            one.name,
            one.url,
            ", ".join(one.events),
            "on" if one.enabled else f"off: {one.cause or 'switched off'}",
            _day(one.last_ok),
        )
        for one in found
    ]
    say.table(("id", "name", "address", "events", "state", "last taken"), rows)


@app.command("remove", epilog="Example: [bold]sora-kit webhooks remove shop[/bold]")
def remove(webhook: Name, workspace: Workspace = None) -> None:
    """Forget an address, its secret and its messages."""
    gone = _webhooks(workspace).remove(webhook)
    say.note(f"{gone.url} is told nothing any more.")


@app.command("test", epilog="Example: [bold]sora-kit webhooks test shop[/bold]")
def try_(webhook: Name, workspace: Workspace = None) -> None:
    """Send a sample now, and say what came of it."""
    from sora_kit.engine.webhooks import try_out

    hooks = _webhooks(workspace)
    endpoint = hooks.get(webhook)
    reply = asyncio.run(try_out(hooks, endpoint))
    if not reply.taken:
        raise ServerError(
            f"{endpoint.url} did not take the message",
            why=reply.error,
            fix="It has to answer with a status from 200 to 299, within 15 seconds",
        )
    say.note(f"{endpoint.url} took it: status {reply.status}.")


@app.command("rotate", epilog="Example: [bold]sora-kit webhooks rotate shop --keep-old[/bold]")
def rotate(
    webhook: Name,
    keep_old: Annotated[
        bool, typer.Option("--keep-old", help="Sign with the old secret, too, for a day.")
    ] = False,
    workspace: Workspace = None,
) -> None:
    """Give an address a new secret and show it, once."""
    made = _webhooks(workspace).rotate(webhook, keep_old=keep_old)
    say.result(made.secret)
    say.note("Keep it now: it is not shown again.")


@app.command("enable", epilog="Example: [bold]sora-kit webhooks enable shop[/bold]")
def enable(webhook: Name, workspace: Workspace = None) -> None:
    """Switch an address on again that was given up."""
    found = _webhooks(workspace).change(webhook, enabled=True)
    say.note(f"{found.url} is told again.")


@app.command("deliveries", epilog="Example: [bold]sora-kit webhooks deliveries shop --dead[/bold]")
def deliveries(
    webhook: Annotated[
        str | None, typer.Argument(metavar="WEBHOOK", help="Its id, name or address; all without it.")
    ] = None,
    dead: Annotated[bool, typer.Option("--dead", help="Only what nobody took.")] = False,
    retry: Annotated[
        str | None, typer.Option("--retry", metavar="ID", help="Send this message again.")
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """List what was told, newest first."""
    hooks = _webhooks(workspace)
    if retry is not None:
        say.note(f"{hooks.retry(retry).id} is sent again.")
        return
    found = hooks.deliveries(webhook, dead=dead)
    if as_json:
        say.result_json([one.to_json() for one in found])
        return
    rows: list[tuple[str, ...]] = [
        (one.id, one.type, one.about, one.state, str(one.tries), _day(one.created), one.error)
        for one in found
    ]
    say.table(("id", "event", "about", "state", "tries", "time", "last failure"), rows)


def _webhooks(place: str | None) -> Webhooks:
    """The webhooks of a workspace; running jobs are none of this command's business."""
    from sora_kit.store import Workspace
    from sora_kit.store.secrets import Secrets
    from sora_kit.store.webhooks import Webhooks

    opened = Workspace(place)
    return Webhooks(opened.database, Secrets(opened.database, opened.folder))


def _key(hooks: Webhooks, name: str) -> str:
    """Id of an API key."""
    from sora_kit.store import Keys

    return Keys(hooks.database).get(name).id


def _day(moment: float | None) -> str:
    return datetime.fromtimestamp(moment).astimezone().strftime("%Y-%m-%d %H:%M") if moment else "never"
