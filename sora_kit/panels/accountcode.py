"""What was done with the mouse, as Python: one line, and the imports that it stands on.

A secret never stands in it. Where one was given, the line asks for it with `getpass`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sora_kit.accounts.account import SECRETS
from sora_kit.accounts.search import Filter

__all__ = ("code_of_add", "code_of_batch", "code_of_edit", "code_of_import", "code_of_proxy")

GETPASS = "from getpass import getpass\n\n"

EACH = {
    "enable": "studio.accounts.enable(one)",
    "disable": "studio.accounts.disable(one)",
    "reset": "studio.accounts.reset(one)",
    "remove": "studio.accounts.remove(one)",
}


def code_of_add(backend: str, fields: Mapping[str, Any]) -> str:
    """Adding an account."""
    return _asking(f"studio.accounts.add({backend!r}, {_given(fields)})")


def code_of_edit(account: str, fields: Mapping[str, Any]) -> str:
    """Changing an account."""
    return _asking(f"studio.accounts.edit({account!r}, {_given(fields)})")


def code_of_import(mode: str, backend: str) -> str:
    """Importing a text, which stands in a file."""
    given = f"mode={mode!r}, " if mode else ""
    text = "Path('accounts.json').read_text('utf-8')"
    line = f"studio.accounts.import_accounts({text}, {given}backend={backend!r})"
    return f"from pathlib import Path\n\n{line}\n"


def code_of_proxy(url: str) -> str:
    """Setting the global proxy."""
    return _asking(f"studio.accounts.set_global_proxy({_value('proxy', url)})")


def code_of_batch(what: str, ids: Collection[str], chosen: Filter | None, proxy: str = "") -> str:
    """Doing something with many accounts.

    Args:
        what: ``test``, ``renew``, ``enable``, ``disable``, ``remove`` or ``proxy``.
        ids: The accounts.
        chosen: The filter that chose them, if they were not picked one by one.
        proxy: Their new proxy.
    """
    head = ""
    which = repr(list(ids))
    if chosen is not None:
        terms = ", ".join(
            f"{n}={v!r}" for n in ("text", "state", "plan", "backend") if (v := getattr(chosen, n))
        )
        head = "from sora_kit.accounts.search import Filter, matching\n"
        which = f"matching(studio.accounts, Filter({terms}))"
    if what == "renew":
        head += "from sora_kit.studio.deeds import Deeds\n\n"
        return f"{head}for one in {which}: studio.loop.run(Deeds(studio).renew(one))\n"
    if what == "test":
        head += "from sora_kit import backends\nfrom sora_kit.accounts.inspection import inspect\n"
        return f"{head}\nstudio.loop.run(inspect(studio.accounts, backends.get, {which}))\n"
    head += "\n" if head else ""
    each = EACH.get(what, f"studio.accounts.edit(one, proxy={_value('proxy', proxy)})")
    if len(ids) == 1 and chosen is None:
        return _asking(head + each.replace("one", repr(next(iter(ids)))))
    return _asking(f"{head}for one in {which}: {each}")


def _given(fields: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={_value(name, value)}" for name, value in fields.items())


def _value(name: str, value: Any) -> str:
    """A value as it may stand in code."""
    hidden = name in SECRETS or (name == "proxy" and "@" in str(value))
    if hidden and value:
        return f"getpass({name.replace('_', ' ').capitalize() + ': '!r})"
    if name == "write_headers" and value:
        pairs = (f"{header!r}: getpass({header + ': '!r})" for header in value)
        return f"{{{', '.join(pairs)}}}"
    return repr(value)


def _asking(code: str) -> str:
    return (GETPASS if "getpass(" in code else "") + code + "\n"
