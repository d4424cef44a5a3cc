"""Write the pages of this folder that come from the code: ``python docs/generate.py``.

``tests/project`` compares the pages with what this makes, so they cannot grow old.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def command() -> str:
    """The command's help, from the command."""
    from typer.main import get_command

    from sora_kit.cli.app import app

    lines = [
        "# The command",
        "",
        "<!-- Made by docs/generate.py; change the code, not this page. -->",
        "",
        "Exit codes: 0 done, 1 an error that one line explains, 2 wrong usage,",
    ]
    lines += ["130 Ctrl-C. Results go to stdout and everything else to stderr.", ""]
    for path, one in leaves(get_command(app), "sora-kit"):
        arguments = [p for p in one.params if p.param_type_name == "argument"]
        usage = " ".join([path, *(p.metavar or p.name.upper() for p in arguments), "[OPTIONS]"])
        lines += [f"## {path}", "", *text(one.help), "", f"    {usage}", ""]
        lines += [f"- `{p.metavar}`: {p.help}" for p in arguments]
        lines += [option(p) for p in one.params if p.param_type_name == "option" and not p.hidden]
        if one.epilog:
            lines += ["", *text(one.epilog)]
        lines += [""]
    return "\n".join(lines).rstrip() + "\n"


def leaves(group: Any, path: str) -> Iterator[tuple[str, Any]]:
    """All commands below ``group``."""
    for name, one in group.commands.items():
        if hasattr(one, "commands"):
            yield from leaves(one, f"{path} {name}")
        else:
            yield f"{path} {name}", one


def option(one: Any) -> str:
    """One line of a list."""
    names = ", ".join(f"`{name}`" for name in (*one.opts, *one.secondary_opts))
    value = "" if one.is_flag else f" {one.metavar or '|'.join(choices(one))}"
    default = one.show_default if isinstance(one.show_default, str) else one.default
    shown = "" if one.is_flag or default is None else f" Default: {default}."
    return f"- {names}{value}: {one.help}{shown}"


def choices(one: Any) -> list[str]:
    """The words that an option allows."""
    return [str(choice) for choice in one.type_descriptor.choices or ()]


def text(marked: str) -> list[str]:
    """Help without rich's marks."""
    from rich.text import Text

    return Text.from_markup(marked).plain.replace("Example: ", "Example:\n\n    ").splitlines()


def pages() -> dict[str, str]:
    """Every generated page by its name in this folder."""
    from sora_kit.language import table

    return {"command.md": command(), "models.md": table.markdown()}


if __name__ == "__main__":
    for name, content in pages().items():
        (FOLDER / name).write_text(content, encoding="utf-8")
