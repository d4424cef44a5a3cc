"""``sora-kit doctor``: looks at the installation and says what to do."""

from __future__ import annotations

import sys

import typer

from sora_kit.cli import say
from sora_kit.cli.options import AsJson, Workspace

__all__ = ("doctor",)

EXAMPLE = "Example: [bold]sora-kit doctor --json[/bold]"

COLOURS = {"ok": "32", "warn": "33", "bad": "31"}


def doctor(as_json: AsJson = False, workspace: Workspace = None) -> None:
    """Check the installation, the workspace and this machine. Exit code 1 if something is broken."""
    from sora_kit.cli.checks import CHECKS, look

    findings = []
    for check in CHECKS:
        for finding in look(check, workspace):
            findings.append(finding)
            if not as_json:
                say.result(f"{_mark(finding.level)}  {finding.name:<10} {finding.text}")
                if finding.fix:
                    say.result(f"{'':17}{finding.fix}")
    healthy = all(finding.level != "bad" for finding in findings)
    if as_json:
        say.result_json({"ok": healthy, "checks": [finding.to_json() for finding in findings]})
    if not healthy:
        raise typer.Exit(1)


def _mark(level: str) -> str:
    word = f"{level:<4}"
    return f"\x1b[{COLOURS[level]}m{word}\x1b[0m" if sys.stdout.isatty() else word
