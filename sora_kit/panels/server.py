"""`Server`: the API server of a workspace: run it, call it, see who calls it.

    from sora_kit.panels import Server

    Server(studio)

Four parts that know nothing of each other: `Serving` (start, stop, keys, snippets), `Webhooks` (who is told
when a video has ended), `Requests` (the log) and `Charts`. All of them show the workspace, so they also tell
of servers that other programs run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ipywidgets import VBox

from sora_kit.panels.charts import Charts
from sora_kit.panels.requests import Requests
from sora_kit.panels.serving import Serving
from sora_kit.panels.webhooks import Webhooks

if TYPE_CHECKING:
    from sora_kit.studio import Studio

__all__ = ("Server",)


class Server(VBox):  # type: ignore[misc]  # ipywidgets has no types
    """The server panel.

    Args:
        studio: The open workspace.
    """

    def __init__(self, studio: Studio) -> None:
        self.serving = Serving(studio)
        self.webhooks = Webhooks(studio)
        self.requests = Requests(studio)
        self.charts = Charts(studio)
        super().__init__([self.serving, self.webhooks, self.requests, self.charts])
        self.add_class("sora-kit").add_class("sk-server-panel")

    def close(self) -> None:
        """Take the panel away. A server that was started here goes on."""
        for part in (self.serving, self.webhooks, self.requests, self.charts):
            part.close()
        super().close()
