"""``sora-kit keys``: keys of the API server, and what each of them may.

Only a hash of a key is stored, so its secret can be shown once, when it is made.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from sora_kit.cli import say
from sora_kit.cli.options import AsJson, Workspace
from sora_kit.errors import InvalidInput

if TYPE_CHECKING:
    from sora_kit.store import KeyRecord, Keys
    from sora_kit.store.limits import Changes, Limits

__all__ = ("app",)

EXAMPLE = "Example: [bold]KEY=$(sora-kit keys create laptop --per-minute 60 --budget 5)[/bold]"

NONE = ("none", "never")
"""What `edit` is given to take a limit away."""

app = typer.Typer(no_args_is_help=True, help="Make, list, change and revoke keys of the API server.")

Key = Annotated[str, typer.Argument(metavar="NAME", help="Name or id of the key.")]
Scopes = Annotated[
    list[str] | None,
    typer.Option(
        "--scope",
        metavar="SCOPE",
        help="images, videos, read or admin; may be repeated.",
        show_default="images, videos, read",
    ),
]
Models = Annotated[
    list[str] | None,
    typer.Option(
        "--models", metavar="NAMES", help='Names or globs, such as "sora2-*-10s".', show_default="all"
    ),
]
PerMinute = Annotated[
    str | None, typer.Option("--per-minute", metavar="N", help="Requests a minute.", show_default="no limit")
]
AtOnce = Annotated[
    str | None,
    typer.Option("--at-once", metavar="N", help="Jobs that wait or run together.", show_default="no limit"),
]
Budget = Annotated[
    str | None, typer.Option("--budget", metavar="DOLLARS", help="US dollars a day.", show_default="no limit")
]
Expires = Annotated[
    str | None,
    typer.Option("--expires", metavar="WHEN", help="A date, or a span such as 30d.", show_default="never"),
]


@app.command("create", epilog=EXAMPLE)
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the key is for, for example laptop.")],
    scope: Scopes = None,
    models: Models = None,
    per_minute: PerMinute = None,
    at_once: AtOnce = None,
    budget: Budget = None,
    expires: Expires = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and show its secret, once."""
    limits = _given(
        scopes=scope, models=models, per_minute=per_minute, at_once=at_once, budget=budget, expires=expires
    )
    key = _keys(workspace).create(name, **cast("Limits", limits))
    if as_json:
        say.result_json({"id": key.id, "name": key.name, "secret": key.secret})
    else:
        say.result(key.secret)
        say.note("Keep it now: it is not shown again.")


@app.command("list", epilog="Example: [bold]sora-kit keys list[/bold]")
def list_(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List the keys, without their secrets: what they may, and what they used today."""
    pool = _keys(workspace)
    keys = pool.list()
    used = pool.usage([key.id for key in keys])
    if as_json:
        usage = {
            one: {"running": used[one].running, "jobs": used[one].jobs, "spent": used[one].spent}
            for one in used
        }
        say.result_json([_shown(key) | {"usage": usage[key.id]} for key in keys])
        return
    if not keys:
        say.note("There is no key yet. Make one: sora-kit keys create NAME")
        return
    rows: list[tuple[str, ...]] = []
    for key in keys:
        now = used[key.id]
        money = f"${now.spent:,.2f}" + ("" if key.budget is None else f" of ${key.budget:,.2f}")
        jobs = str(now.running) + ("" if key.at_once is None else f" of {key.at_once}")
        rows.append(
            (
                key.name, key.hint, key.state, " ".join(key.scopes), " ".join(key.models) or "all",
                str(key.per_minute or "-"), jobs, money if now.spent or key.budget is not None else "-",
                _day(key.expires), _day(key.last_used),
            )
        )  # fmt: skip
    columns = (
        "name",
        "key",
        "state",
        "scopes",
        "models",
        "a minute",
        "jobs",
        "today",
        "expires",
        "last used",
    )
    say.table(columns, rows)


@app.command("edit", epilog="Example: [bold]sora-kit keys edit laptop --budget 10 --expires never[/bold]")
def edit(
    key: Key,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="A new name.")] = None,
    scope: Scopes = None,
    models: Models = None,
    per_minute: PerMinute = None,
    at_once: AtOnce = None,
    budget: Budget = None,
    expires: Expires = None,
    enabled: Annotated[
        bool | None, typer.Option("--enable/--disable", help="Accept it, or refuse it for now.")
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Change what is given and nothing else; none takes a limit away."""
    changes = _given(
        name=name, scopes=scope, models=models, per_minute=per_minute, at_once=at_once, budget=budget,
        expires=expires, enabled=enabled,
    )  # fmt: skip
    if not changes:
        raise InvalidInput("Nothing is to be changed", fix="See `sora-kit keys edit --help`")
    changed = _keys(workspace).edit(key, **cast("Changes", changes))
    if as_json:
        say.result_json(_shown(changed))
    else:
        say.note(f"{changed.name} is changed. Servers that run know it within a second.")


@app.command("revoke", epilog="Example: [bold]sora-kit keys revoke laptop[/bold]")
def revoke(key: Key, workspace: Workspace = None) -> None:
    """Make a key worthless, for good; servers that run know it within a second."""
    gone = _keys(workspace).revoke(key)
    say.note(f"{gone.name} is revoked.")


def _keys(place: str | None) -> Keys:
    """The keys of a workspace; running jobs are none of this command's business."""
    from sora_kit.store import Keys, Workspace

    return Keys(Workspace(place).database)


def _given(**options: Any) -> dict[str, Any]:
    """The options that were given, as `sora_kit.store.limits.Limits`."""
    found: dict[str, Any] = {}
    for name, value in options.items():
        if value is None:
            continue
        if isinstance(value, list):
            value = " ".join(value)  # noqa: PLW2901 (read, not kept)
        if name != "name" and isinstance(value, str) and value.strip().lower() in NONE:
            value = None  # noqa: PLW2901 (read, not kept)
        found[name] = value
    return found


def _shown(key: KeyRecord) -> dict[str, Any]:
    """A key for programs; ``revoked`` is whether it is, and ``revoked_at`` since when."""
    found = key.to_json()
    return found | {"revoked": bool(key.revoked), "revoked_at": key.revoked}


def _day(moment: float | None) -> str:
    return datetime.fromtimestamp(moment).astimezone().strftime("%Y-%m-%d %H:%M") if moment else "never"
