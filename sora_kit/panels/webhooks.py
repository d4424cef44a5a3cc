"""`Webhooks`: who is told when a video has ended, and how that went.

A new secret is sent to the open page as a message, which no notebook saves; the widget's state never has it.
A sample is sent in a thread of its own, because the other side may take its time.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import traitlets

from sora_kit.errors import ServerError
from sora_kit.panels.assets import script, sheet
from sora_kit.panels.codelines import of_webhooks
from sora_kit.panels.panel import Panel
from sora_kit.store.outbox import EVENTS
from sora_kit.store.webhooks import USUAL

if TYPE_CHECKING:
    from sora_kit.store.outbox import Delivery
    from sora_kit.store.webhooks import Endpoint
    from sora_kit.studio import Studio

__all__ = ("Webhooks",)


class Webhooks(Panel):
    """The webhooks of a workspace.

    Args:
        studio: The open workspace.
    """

    _esm = script("webhooks")
    _css = sheet("server")

    hooks: traitlets.List[Any] = traitlets.List().tag(sync=True)
    """Address, events, state and last message of each; never a secret."""
    events: traitlets.List[Any] = traitlets.List().tag(sync=True)
    """Name of each event, and whether it is usual."""
    code = traitlets.Unicode().tag(sync=True)
    """The list as Python."""
    status = traitlets.Dict().tag(sync=True)
    """``said``: a sentence; ``error``: a card."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        super().__init__(events=[[name, name in USUAL] for name in EVENTS], code=of_webhooks())
        self.do_look()

    # -- the page's messages

    def do_look(self) -> None:
        """Say which webhooks there are now; the trait tells the page only what changed."""
        outbox = self.studio.webhooks.outbox
        self.hooks = [
            shown(one, next(iter(outbox.latest(one.id, limit=1)), None))
            for one in self.studio.webhooks.list()
        ]
        self.send({"looked": True})

    def do_add(self, url: str, events: Collection[str] = USUAL) -> None:
        """Tell an address of the ends of videos, and show its secret, once.

        Raises:
            InvalidInput: The address or an event is none.
        """
        made = self.studio.webhooks.add(url, events)
        self.status = {}
        self.do_look()
        self.send({"secret": {"url": made.endpoint.url, "secret": made.secret}})

    def do_try(self, id: str) -> None:  # noqa: A002 (the page's word)
        """Send a sample now, and say what came of it."""
        self.apart(lambda: self._try(id), "webhook")

    def do_switch(self, id: str, enabled: bool) -> None:  # noqa: A002 (the page's word)
        """Switch a webhook off, or on again; it begins afresh then."""
        changed = self.studio.webhooks.change(id, enabled=bool(enabled))
        self.say(f"{changed.url} is {'told again' if changed.enabled else 'told nothing for now'}.")

    def do_remove(self, id: str) -> None:  # noqa: A002 (the page's word)
        """Forget a webhook, its secret and its messages."""
        gone = self.studio.webhooks.remove(id)
        self.say(f"{gone.url} is told nothing any more.")

    def say(self, sentence: str) -> None:
        """Tell what was done, and look."""
        self.status = {"said": sentence, "error": None}
        self.do_look()

    def fault(self, error: dict[str, str]) -> None:
        """Shown below the list."""
        self.status = {"said": "", "error": error}

    def _try(self, id: str) -> None:  # noqa: A002 (the page's word)
        endpoint = self.studio.webhooks.get(id)
        reply = self.studio.webhooks.test(id)
        if not reply.taken:
            raise ServerError(
                f"{endpoint.url} did not take the sample",
                why=reply.error,
                fix="It has to answer with a status from 200 to 299, within 15 seconds",
            )
        self.say(f"{endpoint.url} took the sample: status {reply.status}.")


def shown(one: Endpoint, last: Delivery | None) -> dict[str, Any]:
    """A webhook as the page has it."""
    return {
        "id": one.id,
        "name": one.name,
        "url": one.url,
        "events": list(one.events),
        "enabled": one.enabled,
        "cause": one.cause,
        "last": told(last) if last is not None else None,
    }


def told(last: Delivery) -> dict[str, Any]:
    """A message as the page has it."""
    word = {"delivered": "taken", "dead": "given up", "waiting": "not taken yet"}[last.state]
    return {
        "event": last.type,
        "word": word,
        "good": last.state == "delivered",
        "error": last.error,
        "time": last.ended or last.created,
    }
