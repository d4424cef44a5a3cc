"""`Serving`: start and stop the API server, its keys, and how to call it.

What runs is what the workspace says: the server of this kernel, which can be stopped here, and those of
other programs, which only they can stop. Everyone who reaches the server can try keys, so it listens to
this computer only, unless an admin password is set: that is how whoever runs it says that it is meant.

A new key is sent to the open page as a message, which no notebook saves; the widget's state never has it.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

import traitlets

from sora_kit.errors import InvalidInput
from sora_kit.notebook import snippets
from sora_kit.notebook.urls import Place, reach
from sora_kit.panels.assets import script, sheet
from sora_kit.panels.codelines import of_server
from sora_kit.panels.panel import Panel
from sora_kit.server.admin import PASSWORD
from sora_kit.server.sockets import is_loopback
from sora_kit.store.limits import DEFAULT_SCOPES

if TYPE_CHECKING:
    from sora_kit.store import KeyRecord
    from sora_kit.store.limits import Changes, Limits
    from sora_kit.studio import Studio

__all__ = ("Serving",)

HERE = "127.0.0.1"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - offered only where an admin password is set
PORT = 8000

FIELDS = ("scopes", "models", "per_minute", "at_once", "budget", "expires")
"""Limits of a key that have a field."""

BASE = "{base}"
"""Stands for the address in the snippets; the page knows its own origin, the kernel does not."""


class Serving(Panel):
    """The server's state, its keys, and snippets.

    Args:
        studio: The open workspace.
    """

    _esm = script("serving")
    _css = sheet("server", "segments")

    facts = traitlets.Dict().tag(sync=True)
    """``mine``: host and port of this kernel's server or None; ``others``: url and who; ``address``: where
    clients find it; ``opens``: whether it may listen to networks."""
    api_keys: traitlets.List[Any] = traitlets.List().tag(sync=True)
    """Name, hint and times of each key, what it may in words and as ``fields``; never a key."""
    snippets: traitlets.List[Any] = traitlets.List().tag(sync=True)
    """Label and code, with ``{base}`` for the address."""
    port = traitlets.Int(PORT).tag(sync=True)
    """The port that is offered."""
    code = traitlets.Unicode().tag(sync=True)
    """The start of a server on this port, as Python."""
    status = traitlets.Dict().tag(sync=True)
    """``said``: a sentence; ``error``: a card."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        super().__init__()
        self.do_look()

    # -- the page's messages

    def do_look(self) -> None:
        """Say what runs now and which keys there are; the traits tell the page only what changed."""
        self.facts = self._facts()
        self.code = of_server(self.port)
        self.api_keys = self._keys()
        proxied = self.facts["address"]["proxied"]
        self.snippets = [
            {"id": name.lower(), "label": label, "code": write(BASE, proxied=proxied)}
            for name, label, write in (
                ("curl", "curl", snippets.curl),
                ("python", "Python", snippets.python),
                ("javascript", "JavaScript", snippets.javascript),
            )
        ]
        self.send({"looked": True})

    def do_start(self, port: object = PORT, host: str = HERE) -> None:
        """Start this kernel's server, or another one in its place.

        Raises:
            InvalidInput: The port is no number, or the host is another than this computer without an
                admin password.
            ServerError: The port may not be used.
        """
        wanted = as_port(port)
        if not is_loopback(host) and not opens():
            raise InvalidInput(
                "The server stays on this computer",
                why=f"{PASSWORD} is not set, so nobody has said that other computers may reach it",
                fix=f"Set {PASSWORD} where this program starts, then start it again",
                param="host",
            )
        server = self.studio.serve(host=host, port=wanted, fallback=True)
        self.port = server.port
        taken = f"Port {wanted} was taken. " if wanted and server.port != wanted else ""
        self.status = {"said": f"{taken}The server answers on port {server.port}.", "error": None}
        self.do_look()
        if server.new_key:
            name = next((one["name"] for one in reversed(self.api_keys) if not one["revoked"]), "")
            self.send({"secret": {"name": name, "secret": server.new_key}})

    def do_stop(self) -> None:
        """Stop this kernel's server. Jobs go on."""
        if self.studio.server is not None:
            self.studio.server.stop()
        self.status = {"said": "The server has stopped. Jobs go on.", "error": None}
        self.do_look()

    def do_create(self, name: str, limits: Mapping[str, Any] | None = None) -> None:
        """Make a key and show it, once.

        Args:
            name: Who uses it.
            limits: What it may, as it was typed; see `sora_kit.store.limits.Limits`.

        Raises:
            InvalidInput: The name is empty, too long or taken, or a limit cannot be meant.
        """
        made = self.studio.keys.create(name, **cast("Limits", typed(limits or {})))
        self.status = {}
        self.do_look()
        self.send({"secret": {"name": made.name, "secret": made.secret}})

    def do_edit(self, id: str, changes: Mapping[str, Any]) -> None:  # noqa: A002 (the page's word)
        """Change what a key may, its name, or whether it is on.

        Raises:
            InvalidInput: A name is taken, or a limit cannot be meant.
        """
        names = {name: value for name, value in changes.items() if name in ("name", "enabled")}
        changed = self.studio.keys.edit(id, **cast("Changes", names | typed(changes)))
        self.status = {"said": f"The key {changed.name} is changed.", "error": None}
        self.do_look()
        self.send({"edited": changed.id})

    def do_revoke(self, id: str) -> None:  # noqa: A002 (the page's word)
        """Make a key useless."""
        gone = self.studio.keys.revoke(id)
        self.status = {"said": f"The key {gone.name} no longer works.", "error": None}
        self.do_look()

    def fault(self, error: dict[str, str]) -> None:
        """Shown below the buttons."""
        self.status = {"said": "", "error": error}

    # -- what there is

    def _facts(self) -> dict[str, Any]:
        server = self.studio.server
        mine = server if server is not None and server.running else None
        here = (os.getpid(), socket.gethostname())
        others = [
            {"url": one.url, "who": f"process {one.pid}" + (f" on {one.host}" if one.host != here[1] else "")}
            for one in self.studio.runners()
            if one.url and (one.pid, one.host) != here
        ]
        local = mine.url if mine else others[0]["url"] if others else f"http://{HERE}:{self.port}"
        found = reach(local, Place.here())
        return {
            "mine": {"port": mine.port, "open": not is_loopback(mine.host)} if mine else None,
            "others": others,
            "address": {
                "url": found or local,
                "proxied": bool(found and found.startswith("/")),
                "reached": found is not None,
                "open": bool(mine and not is_loopback(mine.host)),
            },
            "opens": opens(),
            "password": PASSWORD,
            "key": snippets.KEY,
            "token": snippets.TOKEN,
        }

    def _keys(self) -> list[dict[str, Any]]:
        fixed = os.environ.get(snippets.KEY)
        keys = self.studio.keys.list()
        used = self.studio.keys.usage([one.id for one in keys])
        found = [
            {
                "id": one.id,
                "name": one.name,
                "hint": one.hint,
                "created": one.created,
                "used": one.last_used,
                "revoked": one.revoked,
                "enabled": one.enabled,
                "limits": in_words(one, used[one.id].spent),
                "fields": {name: as_typed(name, getattr(one, name)) for name in FIELDS},
            }
            for one in keys
        ]
        if fixed:
            found.append(
                {"id": "", "name": "environment", "hint": "", "created": None, "used": None, "revoked": None,
                 "enabled": True, "limits": "", "fields": {}}
            )  # fmt: skip
        return found


def typed(limits: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed into the fields of a key; an empty one sets no limit."""
    return {name: limits[name] if limits[name] != "" else None for name in FIELDS if name in limits}


def as_typed(name: str, value: Any) -> str:
    """A limit as its field shows it."""
    if value is None:
        return ""
    if name == "expires":
        return datetime.fromtimestamp(value).astimezone().isoformat(" ", "minutes")
    return " ".join(value) if isinstance(value, tuple) else f"{value:g}"


def in_words(key: KeyRecord, spent: float) -> str:
    """What is unusual about a key."""
    parts = ["switched off"] if not key.enabled else []
    if set(key.scopes) != set(DEFAULT_SCOPES):
        parts.append(", ".join(key.scopes))
    if key.models:
        parts.append(", ".join(key.models))
    if key.per_minute is not None:
        parts.append(f"{key.per_minute} a minute")
    if key.at_once is not None:
        parts.append(f"{key.at_once} at once")
    if key.budget is not None:
        parts.append(f"${spent:,.2f} of ${key.budget:,.2f} today")
    if key.expires is not None:
        parts.append(
            f"{'ended' if key.state == 'expired' else 'until'} {as_typed('expires', key.expires)[:16]}"
        )
    return " · ".join(parts)


def opens() -> bool:
    """Whether the server may listen to more than this computer."""
    return bool(os.environ.get(PASSWORD))


def as_port(port: object) -> int:
    """A port as a field of the page has it.

    Raises:
        InvalidInput: It is not a whole number.
    """
    try:
        return int(str(port).strip() or PORT)
    except ValueError:
        raise InvalidInput(
            f"{str(port)[:20]!r} is not a port", fix="Use a whole number, for example 8000", param="port"
        ) from None
