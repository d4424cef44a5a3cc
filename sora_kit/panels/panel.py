"""The base of all panels: an anywidget that turns messages of the page into method calls.

A page sends ``{"do": "remix", "id": …}``; the panel's method `do_remix` gets the rest as keywords.
Whatever goes wrong is shown by the panel as a card (`Panel.fault`), because a traceback in a callback
is invisible in Voilà and frightening elsewhere.

Callbacks run on the kernel's main thread, which cells need too: they read, write one row, and return.
What takes longer (a download, a clip that must be checked) goes `apart`, to a thread of its own.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from sora_kit.errors import SoraKitError
from sora_kit.notebook.widgets import Answering
from sora_kit.panels.draft import card

__all__ = ("Panel",)

_log = logging.getLogger(__name__)


class Panel(Answering):
    """A widget with its own script and stylesheet, and a method for everything it may be asked."""

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self.on_msg(self._dispatch)

    def _dispatch(self, _: object, message: object, buffers: list[memoryview] | None = None) -> None:
        if not isinstance(message, dict):
            return
        action = getattr(self, f"do_{message.get('do')}", None)
        if action is None:
            return
        arguments = {key: value for key, value in message.items() if key != "do"}
        if buffers:
            arguments["data"] = buffers[0]
        self._guarded(lambda: action(**arguments), str(message.get("do")))

    def apart(self, work: Callable[[], object], name: str) -> threading.Thread:
        """Do something that takes a while in a thread of its own; what goes wrong becomes a card.

        Args:
            work: What to do.
            name: What it is, for the log.
        """
        thread = threading.Thread(
            target=self._guarded, args=(work, name), daemon=True, name=f"sora-kit-{name}"
        )
        thread.start()
        return thread

    def fault(self, error: dict[str, str]) -> None:
        """Show what went wrong. Panels that have a place for it override this."""
        self.send({"fault": error})

    def _guarded(self, work: Callable[[], object], name: str) -> None:
        try:
            work()
        except SoraKitError as error:
            self.fault(card(error))
        except Exception as error:  # shown as a card; the log has the traceback
            _log.exception("%s could not %s", type(self).__name__, name)
            self.fault({"what": "This did not work", "why": type(error).__name__, "fix": "The log says more"})
