"""The card of a running server: its address, how to call it, and Stop.

The plain key exists only in memory: the card's HTML and its widget's state hold a mask, and "Show key"
sends the key to the open page as a message, which no notebook saves.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sora_kit.notebook import words
from sora_kit.notebook.html import Markup, tag
from sora_kit.notebook.sheet import page
from sora_kit.notebook.snippets import curl, javascript, python

if TYPE_CHECKING:
    from sora_kit.server import Server

__all__ = ("ServerCard", "card", "show")

LOOK_SECONDS = 1.0
"""How often the number of requests is read while the card is live."""


def show(server: Server) -> None:
    """Display a server in the running cell."""
    from sora_kit.notebook.widgets import publish

    if server.running:
        ServerCard(server).widget.show(page(card(server)), repr(server))
    else:
        publish({"text/html": str(page(card(server))), "text/plain": repr(server)})


class ServerCard:
    """Keeps one widget up to date with one server."""

    def __init__(self, server: Server) -> None:
        from sora_kit.notebook.widgets import LiveCard

        self.server = server
        self.widget = LiveCard(card(server, live=True), {"requests": answered(server)})
        self.widget.on_action("stop", self._stop)
        self.widget.on_action("key", self._show_key)
        server.studio.loop.submit(self._look())

    async def _look(self) -> None:
        """Count requests until the server stops, however it stops. Runs on the background loop."""
        while self.server.running:
            await asyncio.sleep(LOOK_SECONDS)
            self.widget.live = {"requests": answered(self.server)}
        self.widget.settle(card(self.server), repr(self.server))

    def _stop(self) -> None:
        self.server.stop()

    def _show_key(self) -> None:
        if self.server.new_key:
            self.widget.tell(key=self.server.new_key)


def answered(server: Server) -> str:
    """How many requests the server answered, and the last one."""
    from sora_kit.server.app import RECENT

    rows = server.requests
    if not rows:
        return "no requests yet"
    many = f"{RECENT}+ requests" if len(rows) >= RECENT else words.count(len(rows), "request")
    return f"{many} · last {rows[-1]['method']} {rows[-1]['path']} → {rows[-1]['status']}"


def card(server: Server, *, live: bool = False) -> Markup:
    """The card; the picture of a moment unless ``live``, which has buttons."""
    if not server.running:
        return stopped(server)
    return tag(
        "div",
        tag(
            "div",
            title("sk-dot"),
            tag(
                "span",
                tag("span", answered(server), data_live="requests", class_="sk-muted"),
                button("Stop", action="stop", busy="Stopping…") if live else None,
                class_="sk-row",
            ),
            class_="sk-row sk-between",
        ),
        line("Address", tag("code", f"{server.url}/v1", data_name="url"), copy("url") if live else None),
        key(server, live=live),
        example("curl", curl(server.url), live=live, open_=True),
        example("Python", python(server.url), live=live),
        example("JavaScript", javascript(server.url), live=live),
        class_="sk-card sk-wide sk-server",
    )


def stopped(server: Server) -> Markup:
    """What is left of a server."""
    return tag(
        "div",
        tag(
            "div",
            title("sk-dot sk-bad"),
            tag("span", "stopped", class_="sk-muted"),
            class_="sk-row sk-between",
        ),
        line(
            "Address", tag("span", f"was {server.url}/v1. studio.serve() starts it again.", class_="sk-muted")
        ),
        class_="sk-card sk-wide sk-server",
    )


def title(dot: str) -> Markup:
    """The heading, with a dot of that class."""
    return tag("span", tag("span", class_=dot), tag("span", "API server", class_="sk-title"), class_="sk-row")


def key(server: Server, *, live: bool) -> Markup:
    """The key, masked; with a button where it can still be shown."""
    if not server.new_key:
        known = [f"{k.name} (ends in {k.hint})" for k in server.studio.keys.list() if not k.revoked]
        text = ", ".join(known) or "the one in SORA_KIT_API_KEY"
        return line(
            "Key", tag("span", text), tag("span", "studio.keys.create(name) makes another", class_="sk-faint")
        )
    mask = tag("code", f"{server.new_key[:8]}…{server.new_key[-4:]}", data_before_reveal="key")
    shown = tag("code", data_reveal="key", data_after_reveal="key", data_name="key", hidden=True)
    buttons = (
        tag("span", button("Show key", action="key"), data_before_reveal="key"),
        tag("span", copy("key"), data_after_reveal="key", hidden=True),
        tag("span", "Made just now. It is shown this once; keep it.", class_="sk-faint"),
    )
    return line("Key", mask, shown, *(buttons if live else ()))


def line(label: str, *values: object) -> Markup:
    """A label and what belongs to it."""
    return tag("div", tag("span", label, class_="sk-label"), values, class_="sk-row")


def button(label: str, *, action: str, busy: str | None = None) -> Markup:
    """A button that tells Python."""
    return tag("button", label, type="button", class_="sk-button", data_action=action, data_busy=busy)


def copy(name: str) -> Markup:
    """A button that copies the element of that name."""
    return tag("button", "Copy", type="button", class_="sk-button", data_copy=name)


def example(language: str, code: str, *, live: bool, open_: bool = False) -> Markup:
    """A piece of code that can be copied; it never holds the key."""
    name = f"code-{language}"
    box = tag(
        "div",
        tag("pre", code, class_="sk-code", data_name=name),
        copy(name) if live else None,
        class_="sk-code-box",
    )
    return tag("details", tag("summary", language, class_="sk-label"), box, open=open_)
