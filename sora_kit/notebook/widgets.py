"""The one place that touches ipywidgets and anywidget, which are untyped.

`LiveCard` is a single widget model: a frame drawn once, and parts that are filled in while it is
shown (see ``static/card.js``). Its traits may be set from any thread, also while a cell blocks the
kernel; its clicks arrive in whichever thread the kernel's version chooses, so they are handed on to a
thread of ours and return at once.

A widget dies with its kernel and leaves an error message in the saved notebook. So when a card has
nothing more to tell, it *settles*: its outputs are replaced by plain HTML, which stays. Where outputs
cannot be replaced from a thread (Voilà), the widget itself shows the same.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import anywidget
import traitlets

from sora_kit.notebook.html import Markup
from sora_kit.notebook.sheet import STATIC, css, page

__all__ = ("Answering", "Bundle", "LiveCard", "in_background", "publish")

Bundle = dict[str, Any]
"""Mime type → representation, as Jupyter's display protocol has it."""

_VIEW = "application/vnd.jupyter.widget-view+json"


class Answering(anywidget.AnyWidget):
    """A widget that takes clicks while a cell runs."""

    def open(self) -> None:
        """Connect to the page; clicks stay in the thread that the page chose for them."""
        super().open()
        if hasattr(self.comm, "_reply_subshell_for"):
            self.comm._reply_subshell_for = None  # noqa: SLF001 - ipykernel skips the move then

    def _handle_msg(self, msg: dict[str, Any]) -> None:
        try:
            super()._handle_msg(msg)
        finally:
            kernel = getattr(self.comm, "kernel", None)
            if kernel is not None and msg["header"].get("subshell_id") is None:
                done = {"execution_state": "idle"}  # a second time is passed over
                topic = kernel._topic("status")  # noqa: SLF001 - it has no public name
                kernel.session.send(kernel.iopub_socket, "status", done, parent=msg, ident=topic)


class LiveCard(Answering):
    """A card that changes while it is shown. Displaying it twice shows the same card twice."""

    _esm = (STATIC / "card.js").read_text(encoding="utf-8")
    _css = css()

    html = traitlets.Unicode("").tag(sync=True)
    """The frame. Setting it redraws the card."""

    live = traitlets.Dict().tag(sync=True)
    """Name of a ``data-live`` element → its text, or the width of a bar in percent."""

    parts: traitlets.List[str] = traitlets.List().tag(sync=True)
    """Names of the ``data-part`` elements. Each is a trait of its own, ``part_NAME``, so that a change of
    one travels alone and leaves the others as they are, playing."""

    def __init__(
        self,
        html: Markup,
        live: Mapping[str, str | int] | None = None,
        parts: Mapping[str, Markup] | None = None,
    ) -> None:
        filled = {f"part_{name}": str(part) for name, part in (parts or {}).items()}
        self.add_traits(**{name: traitlets.Unicode("").tag(sync=True) for name in filled})
        super().__init__(html=str(html), live=dict(live or {}), parts=list(parts or {}), **filled)
        self._actions: dict[str, Callable[[], None]] = {}
        self._outputs: list[str] = []
        self._withdrawn: set[str] = set()
        self._publishing = threading.Lock()
        self.on_msg(self._receive)

    def show(self, html: Markup, plain: str) -> str:
        """Display the card in the running cell.

        Args:
            html: What is seen where the widget cannot be, now and in the saved notebook.
            plain: The same for terminals.

        Returns:
            The name of the output, for `withdraw`.
        """
        output = f"sora-kit-{uuid4().hex}"
        self._outputs.append(output)
        publish(self.bundle(html, plain), output)
        return output

    def bundle(self, html: Markup, plain: str) -> Bundle:
        """The representations of an output that shows the card; see `show`."""
        view = {"version_major": 2, "version_minor": 1, "model_id": self.model_id}
        return {_VIEW: view, "text/html": str(html), "text/plain": plain}

    def withdraw(self, output: str) -> None:
        """Take one output away, for good."""
        with self._publishing:
            self._withdrawn.add(output)
            publish({"text/html": "", "text/plain": ""}, output, update=True)

    def fill(self, name: str, html: Markup) -> None:
        """Draw one part anew; the others stay as they are."""
        setattr(self, f"part_{name}", str(html))

    def settle(self, html: Markup, plain: str) -> None:
        """Show something for good: in the widget, and in place of it wherever it was displayed.

        Args:
            html: A card, without stylesheet.
            plain: The same for terminals.
        """
        self.live = {}
        self.html = str(html)
        outputs, self._outputs = self._outputs, []
        for output in outputs:
            with self._publishing:
                if output not in self._withdrawn:
                    publish({"text/html": str(page(html)), "text/plain": plain}, output, update=True)

    def on_action(self, name: str, action: Callable[[], None]) -> None:
        """Call ``action`` in a thread of its own whenever a ``data-action`` button is pressed."""
        self._actions[name] = action

    def tell(self, **secrets: str) -> None:
        """Show secrets in the open page. They are sent, but never part of the saved state."""
        self.send({"secrets": secrets})

    def hand_over(self, mime: str, data: bytes) -> None:
        """Send a video to the open page, which plays it in place of its poster. It is not saved."""
        self.send({"media": mime}, [data])

    def _receive(self, _card: object, content: Mapping[str, Any], _buffers: object) -> None:
        action = self._actions.get(str(content.get("action", "")))
        if action is not None:
            in_background(action)


def publish(bundle: Bundle, output: str | None = None, *, update: bool = False) -> None:
    """Send an output to the front end, or replace the one of that name.

    Args:
        bundle: Mime type → representation.
        output: Name of the output, to replace it later.
        update: Replace; outputs that are no longer on the page are passed over.
    """
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    if shell is not None:
        transient = {"display_id": output} if output else None
        shell.display_pub.publish(bundle, transient=transient, update=update)


def in_background(work: Callable[[], None]) -> None:
    """Run ``work`` in a daemon thread; a failure goes to the log, as nobody waits for it."""

    def guarded() -> None:
        try:
            work()
        except Exception:
            logging.getLogger(__name__).exception("A card's background work failed")

    threading.Thread(target=guarded, name="sora-kit-card", daemon=True).start()
