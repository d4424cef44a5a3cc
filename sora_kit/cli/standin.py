"""``sora-kit standin``: servers that stand in for other people's backends."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from sora_kit.cli import say, stay
from sora_kit.cli.options import AsJson, Host
from sora_kit.errors import InvalidInput

__all__ = ("app",)

EXAMPLE = "Example: [bold]sora-kit standin sora-web --port 8600 --latency 10[/bold]"

PORT = 8600

app = typer.Typer(no_args_is_help=True, help="Run a server that stands in for a backend.")


class Plan(StrEnum):
    """Plans of the accounts."""

    FREE = "chatgpt_free"
    PLUS = "chatgpt_plus"
    TEAM = "chatgpt_team"
    PRO = "chatgpt_pro"


@app.callback()
def standin() -> None:
    """Servers for tests and demos, with faults on request."""


@app.command("sora-web", epilog=EXAMPLE)
def sora_web(
    *,
    host: Host = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            "--port", metavar="PORT", min=0, max=65535, help="Port to listen on; 0 for any free one."
        ),
    ] = PORT,
    accounts: Annotated[
        int, typer.Option("--accounts", metavar="N", min=1, max=1000, help="How many accounts there are.")
    ] = 1,
    plan: Annotated[Plan, typer.Option("--plan", help="Plan of all accounts.")] = Plan.PLUS,
    quota: Annotated[
        int, typer.Option("--quota", metavar="N", min=0, help="Videos that each account may make in a day.")
    ] = 30,
    latency: Annotated[
        float,
        typer.Option("--latency", metavar="SECONDS", min=0, help="From submission to the finished video."),
    ] = 10.0,
    speed: Annotated[
        float, typer.Option("--speed", metavar="N", min=0, help="How many times faster its clock runs.")
    ] = 1.0,
    as_json: AsJson = False,
) -> None:
    """Speak the protocol of the Sora web backend, until Ctrl-C.

    Nothing is kept. Whoever reaches the port can read the tokens and set faults.
    """
    if latency == float("inf") or speed == float("inf") or latency != latency or speed != speed:  # noqa: PLR0124 - NaN
        raise InvalidInput("--latency and --speed must be ordinary numbers", fix="Use a number such as 10")
    from sora_kit.standins.sora_web import Clock, NewAccount, SoraWebStandin

    made = [NewAccount(f"user{n}@example.com", plan=plan.value, quota=quota) for n in range(1, accounts + 1)]
    with (
        stay.stoppable(),
        SoraWebStandin(made, host=host, port=port, latency=latency, clock=Clock(speed)) as server,
    ):
        shown = server.describe()
        if as_json:
            say.result_json(shown)
        else:
            say.result(server.url)
            for account in shown["accounts"]:
                say.note(f"{account['email']}    {account['access_token']}")
            say.note(f"\nFaults {server.url}/__faults    counts {server.url}/__stats    Ctrl-C stops it.")
        sys.stdout.flush()  # a program that started this reads it through a pipe, and waits for it
        stay.forever()
