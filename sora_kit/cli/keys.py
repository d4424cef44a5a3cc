"""``sora-kit keys``: keys of the API server.

Only a hash of a key is stored, so its secret can be shown once, when it is made.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from sora_kit.cli import say
from sora_kit.cli.options import AsJson, Workspace

if TYPE_CHECKING:
    from sora_kit.store import Keys

__all__ = ("app",)

EXAMPLE = "Example: [bold]KEY=$(sora-kit keys create laptop)[/bold]"

app = typer.Typer(no_args_is_help=True, help="Make, list and revoke keys of the API server.")


@app.command("create", epilog=EXAMPLE)
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the key is for, for example laptop.")],
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and show its secret, once."""
    key = _keys(workspace).create(name)
    if as_json:
        say.result_json({"id": key.id, "name": key.name, "secret": key.secret})
    else:
        say.result(key.secret)
        say.note("Keep it now: it is not shown again.")


@app.command("list", epilog="Example: [bold]sora-kit keys list[/bold]")
def list_(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List the keys, without their secrets."""
    keys = _keys(workspace).list()
    if as_json:
        say.result_json(
            [
                {
                    "id": key.id,
                    "name": key.name,
                    "hint": key.hint,
                    "created": key.created,
                    "last_used": key.last_used,
                    "revoked": bool(key.revoked),
                }
                for key in keys
            ]
        )
        return
    if not keys:
        say.note("There is no key yet. Make one: sora-kit keys create NAME")
        return
    rows: list[tuple[str, ...]] = [
        (key.name, key.hint, _day(key.created), _day(key.last_used), "revoked" if key.revoked else "valid")
        for key in keys
    ]
    say.table(("name", "key", "created", "last used", "state"), rows)


@app.command("revoke", epilog="Example: [bold]sora-kit keys revoke laptop[/bold]")
def revoke(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name or id of the key.")],
    workspace: Workspace = None,
) -> None:
    """Make a key worthless at once."""
    key = _keys(workspace).revoke(name)
    say.note(f"{key.name} is revoked.")


def _keys(place: str | None) -> Keys:
    """The keys of a workspace; running jobs are none of this command's business."""
    from sora_kit.store import Keys, Workspace

    return Keys(Workspace(place).database)


def _day(moment: float | None) -> str:
    return datetime.fromtimestamp(moment).astimezone().strftime("%Y-%m-%d %H:%M") if moment else "never"
