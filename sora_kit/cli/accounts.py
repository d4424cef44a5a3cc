"""``sora-kit accounts``: the accounts of hosted backends.

Secrets come in without showing up anywhere: as ``@FILE``, as ``-`` for stdin, or typed at a prompt that
does not echo. They go out in one way only, into a file that its owner asked for.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sora_kit.cli import say
from sora_kit.cli.account_options import (
    AccessToken,
    All,
    ApiKey,
    ClientId,
    DeviceId,
    Headers,
    ImageCap,
    Images,
    Label,
    Name,
    One,
    Proxy,
    RedirectUri,
    RefreshToken,
    Remark,
    SessionToken,
    Some,
    VideoCap,
    Videos,
)
from sora_kit.cli.options import AsJson, Workspace
from sora_kit.cli.secret_input import given, read_secret
from sora_kit.errors import InvalidInput

if TYPE_CHECKING:
    from sora_kit.accounts import Account, Accounts

__all__ = ("app",)

EXAMPLE = "Example: [bold]sora-kit accounts add --session-token @token.txt[/bold]"

TIMES = (
    "created", "plan_ends", "quota_resets", "expires", "checked", "since", "cool_until", "eased_until",
    "last_used", "last_error_at",
)  # fmt: skip

app = typer.Typer(no_args_is_help=True, help="Add, test, switch and explain accounts of backends.")


@app.command("add", epilog=EXAMPLE)
def add(
    backend: Name = "sora_web",
    access_token: AccessToken = None,
    session_token: SessionToken = None,
    refresh_token: RefreshToken = None,
    api_key: ApiKey = None,
    client_id: ClientId = None,
    redirect_uri: RedirectUri = None,
    device_id: DeviceId = None,
    write_headers: Headers = None,
    proxy: Proxy = None,
    label: Label = None,
    remark: Remark = None,
    images: Images = None,
    videos: Videos = None,
    image_cap: ImageCap = None,
    video_cap: VideoCap = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Add an account, or update it if it is there already. Without a token it asks for one."""
    from sora_kit import backends

    backends.get(backend)
    tokens = {"access_token": access_token, "session_token": session_token,
              "refresh_token": refresh_token, "api_key": api_key}  # fmt: skip
    if not any(tokens.values()):
        tokens["access_token"] = typer.prompt("Access token", hide_input=True, err=True)
    fields = given(
        **tokens, client_id=client_id, redirect_uri=redirect_uri, device_id=device_id, proxy=proxy,
        write_headers=write_headers, label=label, remark=remark, image_enabled=images, video_enabled=videos,
        image_cap=image_cap, video_cap=video_cap,
    )  # fmt: skip
    _answer(_pool(workspace).add(backend, **fields), "is there", as_json=as_json)


@app.command("edit", epilog='Example: [bold]sora-kit accounts edit main --video-cap 2 --remark ""[/bold]')
def edit(
    account: One,
    access_token: AccessToken = None,
    session_token: SessionToken = None,
    refresh_token: RefreshToken = None,
    api_key: ApiKey = None,
    client_id: ClientId = None,
    redirect_uri: RedirectUri = None,
    device_id: DeviceId = None,
    write_headers: Headers = None,
    proxy: Proxy = None,
    label: Label = None,
    remark: Remark = None,
    images: Images = None,
    videos: Videos = None,
    image_cap: ImageCap = None,
    video_cap: VideoCap = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Change what is given and nothing else; an empty text clears."""
    pool = _pool(workspace)
    fields = given(
        access_token=access_token, session_token=session_token, refresh_token=refresh_token, api_key=api_key,
        client_id=client_id, redirect_uri=redirect_uri, device_id=device_id, proxy=proxy,
        write_headers=write_headers, label=label, remark=remark, image_enabled=images, video_enabled=videos,
        image_cap=image_cap, video_cap=video_cap,
    )  # fmt: skip
    _answer(pool.edit(pool.find(account).id, **fields), "is changed", as_json=as_json)


@app.command("list", epilog="Example: [bold]sora-kit accounts list --json[/bold]")
def list_(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """List the accounts: state, plan, quota, counts and why one is not in use."""
    accounts = _pool(workspace).list()
    if as_json:
        say.result_json([one.to_json() for one in accounts])
        return
    if not accounts:
        say.note("There is no account yet. Add one: sora-kit accounts add")
        return
    columns = (
        "id",
        "label",
        "backend",
        "state",
        "plan",
        "left",
        "token ends",
        "videos",
        "images",
        "errors",
        "why",
    )
    rows: list[tuple[str, ...]] = [
        (
            one.id, one.label, one.backend, one.state if one.enabled else "disabled", one.plan,
            "" if one.quota is None else str(one.quota), _time(one.expires),
            f"{one.videos} ({one.videos_in_use}/{_cap(one.video_cap)})",
            f"{one.images} ({one.images_in_use}/{_cap(one.image_cap)})", str(one.errors), one.cause,
        )
        for one in accounts
    ]  # fmt: skip
    say.table(columns, rows)


@app.command("show", epilog="Example: [bold]sora-kit accounts show main[/bold]")
def show(account: One, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Show one account, its secrets masked."""
    _show(_pool(workspace).find(account), as_json=as_json)


@app.command("import", epilog="Example: [bold]sora-kit accounts import tokens.json[/bold]")
def import_(
    file: Annotated[str, typer.Argument(metavar="FILE", help="JSON, or one token a line; - for stdin.")],
    mode: Annotated[
        str, typer.Option("--mode", metavar="offline|at|st|rt", help="What rows have; what bare lines are.")
    ] = "",
    backend: Name = "sora_web",
    client_id: ClientId = None,
    redirect_uri: RedirectUri = None,
    proxy: Proxy = None,
    image_cap: ImageCap = None,
    video_cap: VideoCap = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Add and update many accounts. Exit code 1 if a row failed; the others are there all the same."""
    text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    defaults = given(
        client_id=client_id, redirect_uri=redirect_uri, proxy=proxy, image_cap=image_cap, video_cap=video_cap
    )
    results = _pool(workspace).import_accounts(text, mode=mode, backend=backend, **defaults)
    _report([(f"row {r.row}", r.outcome, r.label, r.why) for r in results], as_json=as_json)
    if any(r.outcome == "failed" for r in results):
        raise typer.Exit(1)


@app.command("export", epilog="Example: [bold]sora-kit accounts export --secrets tokens.json[/bold]")
def export(
    secrets: Annotated[
        Path | None,
        typer.Option("--secrets", metavar="FILE", help="Write whole tokens to a file for your eyes only."),
    ] = None,
    workspace: Workspace = None,
) -> None:
    """Write the accounts as JSON that import reads; masked, unless a file for the secrets is named."""
    pool = _pool(workspace)
    if secrets is None:
        say.result_json(pool.export_accounts())
        return
    from sora_kit.store.secret_keys import write

    rows = pool.export_accounts(secrets=True)
    write(secrets.absolute(), json.dumps(rows, ensure_ascii=False, indent=2), replace=True)
    say.note(f"{len(rows)} accounts with their secrets are in {secrets}. Delete it when you are done.")


@app.command("test", epilog="Example: [bold]sora-kit accounts test --all[/bold]")
def inspect_accounts(
    accounts: Some = None, everything: All = False, workspace: Workspace = None, as_json: AsJson = False
) -> None:
    """Ask the backends what accounts are and may. Exit code 1 if one failed."""
    import asyncio

    from sora_kit import backends
    from sora_kit.accounts.inspection import inspect
    from sora_kit.backends.hosted import Hosted, is_hosted

    pool = _pool(workspace)
    ids = _chosen(pool, accounts, everything=everything)

    def hosted(name: str) -> Hosted:
        backend = backends.get(name)
        if not is_hosted(backend):
            raise InvalidInput(f"{name} draws on this computer; there is nothing to test")
        return backend

    async def work() -> list[Any]:
        try:
            return await inspect(pool, hosted, ids)
        finally:
            for name in {pool.get(one).backend for one in ids}:
                await hosted(name).close()

    results = asyncio.run(work())
    _report([(r.label, "ok" if r.ok else "failed", r.why, r.same_as) for r in results], as_json=as_json)
    if not all(r.ok for r in results):
        raise typer.Exit(1)


@app.command("enable", epilog="Example: [bold]sora-kit accounts enable main[/bold]")
def enable(accounts: Some = None, everything: All = False, workspace: Workspace = None) -> None:
    """Switch accounts on, and try again those that were set aside."""
    pool = _pool(workspace)
    for one in _chosen(pool, accounts, everything=everything):
        say.note(f"{pool.enable(one).label} is enabled.")


@app.command("disable", epilog="Example: [bold]sora-kit accounts disable main[/bold]")
def disable(accounts: Some = None, everything: All = False, workspace: Workspace = None) -> None:
    """Switch accounts off. What runs on them goes on."""
    pool = _pool(workspace)
    for one in _chosen(pool, accounts, everything=everything):
        say.note(f"{pool.disable(one).label} is disabled.")


@app.command("remove", epilog="Example: [bold]sora-kit accounts remove main[/bold]")
def remove(
    accounts: Some = None,
    disabled: Annotated[bool, typer.Option("--disabled", help="All that are switched off.")] = False,
    workspace: Workspace = None,
) -> None:
    """Forget accounts and their secrets, for good."""
    pool = _pool(workspace)
    if disabled:
        say.note(f"{len(pool.remove_disabled())} accounts are removed.")
    for one in _chosen(pool, accounts, everything=False) if accounts or not disabled else []:
        label = pool.get(one).label
        pool.remove(one)
        say.note(f"{label} is removed.")


@app.command("events", epilog="Example: [bold]sora-kit accounts events main[/bold]")
def events(
    account: Annotated[str | None, typer.Argument(metavar="[ACCOUNT]", help="Id, label or e-mail.")] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="How many.")] = 50,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """What changed accounts and why, newest first."""
    pool = _pool(workspace)
    found = pool.events(pool.find(account).id if account else None, limit)
    names = {one.id: one.label for one in pool.list()}
    rows = [(_time(e.time), names.get(e.account, e.account), e.what, e.cause) for e in found]
    _report(rows, columns=("time", "account", "what", "why"), as_json=as_json)


@app.command("mode", epilog="Example: [bold]sora-kit accounts mode least_busy[/bold]")
def mode(
    name: Annotated[
        str | None, typer.Argument(metavar="[MODE]", help="round_robin, least_busy or random.")
    ] = None,
    workspace: Workspace = None,
) -> None:
    """Show or choose how accounts take turns."""
    pool = _pool(workspace)
    if name is not None:
        pool.set_mode(name)
    say.result(pool.mode())


@app.command("proxy", epilog="Example: [bold]sora-kit accounts proxy socks5://127.0.0.1:1080[/bold]")
def proxy(
    url: Annotated[str | None, typer.Argument(metavar="[URL]", help='Address; "" for none.')] = None,
    accounts: Annotated[
        list[str] | None, typer.Option("--account", "-a", metavar="ACCOUNT", help="Of these accounts only.")
    ] = None,
    workspace: Workspace = None,
) -> None:
    """Show or set the proxy of all accounts that have none of their own, or that of some accounts."""
    from sora_kit.accounts.account import shown_url

    pool = _pool(workspace)
    for one in _chosen(pool, accounts, everything=False) if accounts else []:
        if url is not None:
            pool.edit(one, proxy=read_secret(url))
        say.result(f"{pool.get(one).label}\t{pool.get(one).proxy or 'none'}")
    if not accounts:
        if url is not None:
            pool.set_global_proxy(read_secret(url))
        say.result(shown_url(pool.global_proxy()) or "none")


# -- inside


def _pool(place: str | None) -> Accounts:
    """The accounts of a workspace; running jobs are none of this command's business."""
    from sora_kit.accounts import Accounts
    from sora_kit.store import Workspace
    from sora_kit.store.secrets import Secrets

    opened = Workspace(place)
    return Accounts(opened.database, Secrets(opened.database, opened.folder))


def _chosen(pool: Accounts, names: list[str] | None, *, everything: bool) -> list[str]:
    """Ids of the named accounts."""
    if everything:
        return [one.id for one in pool.list() if not one.id.startswith("local-")]
    if not names:
        raise InvalidInput("No account is named", fix="Name one, or use --all", param="account")
    return list(dict.fromkeys(pool.find(name).id for name in names))


def _answer(one: Account, what: str, *, as_json: bool) -> None:
    if as_json:
        say.result_json(one.to_json())
    else:
        say.result(one.id)
        say.note(f"{one.label} {what}.")


def _show(one: Account, *, as_json: bool) -> None:
    if as_json:
        say.result_json(one.to_json())
        return
    for name, value in one.to_json().items():
        if value not in ("", None, []):
            say.result(f"{name:<16} {_time(value) if name in TIMES else value}")


def _report(
    rows: Sequence[tuple[str, ...]],
    *,
    columns: tuple[str, ...] = ("account", "outcome", "what", "why"),
    as_json: bool,
) -> None:
    if as_json:
        say.result_json([dict(zip(columns, row, strict=True)) for row in rows])
    elif rows:
        say.table(columns, list(rows))


def _cap(number: int) -> str:
    return "∞" if number < 0 else str(number)


def _time(moment: float | None) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M UTC") if moment else ""
