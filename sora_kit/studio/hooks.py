"""Webhooks as people hold them: ``studio.webhooks``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sora_kit.engine.loop import Loop
from sora_kit.store import Database
from sora_kit.store.outbox import COMPLETED
from sora_kit.store.secrets import Secrets
from sora_kit.store.webhooks import Webhooks

if TYPE_CHECKING:
    from sora_kit.engine.webhooks import Reply

__all__ = ("Hooks",)


class Hooks(Webhooks):
    """The endpoints of a workspace, and a way to try them.

    Args:
        database: Its tables.
        secrets: Its seal.
        loop: Where requests run.
    """

    def __init__(self, database: Database, secrets: Secrets, loop: Loop) -> None:
        super().__init__(database, secrets)
        self.loop = loop

    def test(self, webhook_id: str, event: str = COMPLETED) -> Reply:
        """Send a sample, signed like the others, and wait for the answer; at most 15 seconds.

        Raises:
            NotFound: There is no such endpoint.
            SecretsLocked: The key of the workspace is not here.
        """
        from sora_kit.engine.webhooks import try_out

        return self.loop.run(try_out(self, self.get(webhook_id), event), timeout=30)
