"""Joins the commands, and turns what goes wrong into one line and an exit code.

The one place where errors end is `Commands.invoke`: ours become a line on stderr and exit code 1, an
interrupt becomes 130. Anything else is a fault of sora_kit and keeps its traceback, which a report
needs; the traceback shows no values of variables, since one of them may be a key.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from sora_kit.cli import (
    accounts,
    backup,
    doctor,
    generate,
    keys,
    models,
    rotate_key,
    say,
    serve,
    standin,
    studio,
    webhooks,
    worker,
)
from sora_kit.errors import SoraKitError

__all__ = ("app",)


class Commands(TyperGroup):
    """The group of all commands, where errors end."""

    def invoke(self, ctx: Any) -> Any:
        """Run the chosen command."""
        try:
            return super().invoke(ctx)
        except SoraKitError as error:
            say.failure(error)
            raise typer.Exit(1) from error
        except KeyboardInterrupt as error:
            raise typer.Exit(130) from error
        except BrokenPipeError as error:
            # The reader of our output (`| head`) went away. Python would complain once more on exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(1) from error
        except OSError as error:
            if error.filename is None and error.errno not in say.NO_SPACE:
                raise  # not about a file of the user's
            say.failure(say.explain_os_error(error))
            raise typer.Exit(1) from error


app = typer.Typer(
    name="sora-kit",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode="rich",
    epilog="Start with [bold]sora-kit studio[/bold]. Each command has its own --help.",
)


def _version(asked: bool) -> None:
    if asked:
        from sora_kit import __version__

        say.result(f"sora-kit {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and end.")
    ] = False,
) -> None:
    """A studio for AI video: a page, notebooks, a terminal and an OpenAI-compatible server."""


app.command("studio", epilog=studio.EXAMPLE)(studio.studio)
app.command("generate", epilog=generate.EXAMPLE)(generate.generate)
app.command("serve", epilog=serve.EXAMPLE)(serve.serve)
app.command("worker", epilog=worker.EXAMPLE)(worker.worker)
app.command("models", epilog=models.EXAMPLE)(models.models)
app.add_typer(keys.app, name="keys", epilog=keys.EXAMPLE)
app.add_typer(accounts.app, name="accounts", epilog=accounts.EXAMPLE)
app.add_typer(webhooks.app, name="webhooks", epilog=webhooks.EXAMPLE)
app.command("rotate-key", epilog=rotate_key.EXAMPLE)(rotate_key.rotate_key)
app.add_typer(standin.app, name="standin", epilog=standin.EXAMPLE)
app.command("export", epilog=backup.EXPORT_EXAMPLE)(backup.export)
app.command("import", epilog=backup.IMPORT_EXAMPLE)(backup.import_)
app.command("doctor", epilog=doctor.EXAMPLE)(doctor.doctor)
