"""The Tab key in ``%sora`` and ``%%sora``: options, and the models, styles and backends that there are.

A matcher of IPython's completer, version 2 of its interface. It speaks up only in lines of ours (and,
for ``{`` styles, in the body of ``%%sora``), and then it speaks alone: file names and variables are no
help in a prompt, except after ``--image``.
"""

from __future__ import annotations

import re
from typing import Any

from IPython.core.completer import SimpleCompletion, context_matcher

__all__ = ("complete", "suggestions")

_OURS = re.compile(r"^\s*(?:[\w.]+\s*=\s*)?%%?sora\b(?!\?)")
_VALUE = re.compile(r"(?:^|\s)(--?[a-z]+)(?:=|\s+)(\S*)$")
_STYLE = re.compile(r"\{(\w*)$")
_WORD = re.compile(r"(?:^|(?<=\s))(-\S*)$")


@context_matcher(identifier="sora_kit", priority=120)  # type: ignore[untyped-decorator]  # IPython is untyped
def complete(context: Any) -> dict[str, Any]:
    """What may stand at the cursor.

    Args:
        context: IPython's ``CompletionContext``.

    Returns:
        IPython's ``SimpleMatcherResult``.
    """
    line = context.line_with_cursor[: context.cursor_position]
    in_body = context.cursor_line > 0 and context.full_text.lstrip().startswith("%%sora")
    found = suggestions(line, in_body=in_body)
    if found is None:
        return {"completions": [], "suppress": False}
    fragment, words, kind = found
    return {
        "completions": [SimpleCompletion(text=word, type=kind) for word in words],
        "matched_fragment": fragment,
        "suppress": True,
        "ordered": True,
    }


def suggestions(line: str, *, in_body: bool = False) -> tuple[str, list[str], str] | None:
    """What may stand at the end of a line.

    Args:
        line: The line up to the cursor.
        in_body: Whether it is a line of the body of ``%%sora``.

    Returns:
        What is typed of it already, the whole words that fit, and what they are; None where we have
        nothing to say.
    """
    from sora_kit.notebook.magics import SWITCHES, VALUES

    if style := _STYLE.search(line):
        if not in_body and not _OURS.match(line):
            return None
        return (
            "{" + style[1],
            [f"{{{name}}}" for name in names("style") if name.startswith(style[1])],
            "style",
        )
    if in_body or not _OURS.match(line):
        return None
    rest = line[_OURS.match(line).end() :]  # type: ignore[union-attr]  # it matched just now
    if (value := _VALUE.search(rest)) and VALUES.get(value[1]) in (
        "model",
        "style",
        "backend",
        "seconds",
        "size",
    ):
        kind = VALUES[value[1]]
        return value[2], [name for name in names(kind) if name.startswith(value[2])], kind
    if value and VALUES.get(value[1]) == "image":
        return None  # IPython knows files and variables
    if word := _WORD.search(rest):
        known = (*(option for option in VALUES if option.startswith("--")), *SWITCHES)
        return word[1], [option for option in known if option.startswith(word[1])], "option"
    return None


def names(kind: str) -> list[str]:
    """All values of an option."""
    from sora_kit import backends
    from sora_kit.language import MODELS, STYLES

    return {
        "model": lambda: list(MODELS),
        "style": lambda: list(STYLES),
        "backend": lambda: list(backends.names()),
        "seconds": lambda: ["4", "8", "10", "12", "15", "16", "20", "25"],
        "size": lambda: ["landscape", "portrait", "16:9", "9:16", "1280x720", "720x1280"],
    }[kind]()
