"""The one object that people and every face hold.

`Studio` opens a workspace and offers what can be done in it: make, look, serve, close. It holds no
truth of its own. Everything it tells is read from the workspace, so any number of studios, in one
process or many, tell the same.

The class is written in parts, one on the other: `opened` (open, close, roles), `looking` (jobs, clips,
tables, addresses), `deciding` (jobs that wait for a person), `making` (requests, plans, jobs), `sweep`
(many jobs at once), `retakes` (single shots), `characters`, `following` (videos with a character that is
being made) and `keeping` (backups).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sora_kit.errors import SoraKitError
from sora_kit.studio.following import Following
from sora_kit.studio.keeping import Keeping
from sora_kit.studio.options import Options
from sora_kit.studio.retakes import Retaking
from sora_kit.studio.sweep import Sweep, Sweeping

if TYPE_CHECKING:
    from sora_kit.server import Server

__all__ = ("Options", "Studio", "Sweep")


class Studio(Following, Sweeping, Retaking, Keeping):
    """An open workspace.

    Args:
        workspace: Folder, or database URL. None takes ``SORA_KIT_WORKSPACE`` from the environment or
            the platform's user data folder. It is created when missing.
        backend: Backend for requests that name none. None takes ``SORA_KIT_BACKEND``, the
            workspace's setting ``backend``, or ``animatic``.
        role: ``auto`` runs jobs if no other process does; ``runner`` always; ``client`` never.

    Raises:
        WorkspaceTooNew: A newer sora_kit wrote the workspace.
        WorkspaceUnreadable: It is damaged or may not be used.
        WorkspaceFull: No space is left.
    """

    def serve(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 8000,
        fallback: bool = True,
        cors_origins: Sequence[str] | None = None,
        media_style: str | None = None,
        wait_seconds: float | None = None,
    ) -> Server:
        """Start the OpenAI-compatible server; run again, it replaces the one that runs.

        If it cannot be started, the one that ran goes on, where it was.

        Args:
            host: Address to listen on.
            port: Port; 0 takes any free one.
            fallback: Take the next free port when that one is taken.
            cors_origins: Web pages whose code may ask, such as ``https://app.example``; None takes the
                setting ``server.cors_origins``, or all.
            media_style: How chats show clips: ``link``, ``html``, ``fence`` or ``auto``; None takes
                ``SORA_KIT_MEDIA_STYLE``, the setting ``chat.media_style``, or ``auto``.
            wait_seconds: How long a request without a stream waits for its result; None takes
                ``SORA_KIT_WAIT_SECONDS``, the setting ``chat.wait_seconds``, or 540.

        Raises:
            ServerError: The port is taken and ``fallback`` is off.
        """
        from sora_kit import server

        self.must_be_open()
        wanted: dict[str, Any] = {
            "host": host,
            "port": port,
            "fallback": fallback,
            "cors_origins": cors_origins,
            "media_style": media_style,
            "wait_seconds": wait_seconds,
        }
        before = self.server
        ran = before is not None and before.running
        if before is not None:
            before.stop()  # first: it may be the one that has the port
        try:
            self.server = server.start(self, **wanted)
        except SoraKitError:
            if before is not None and ran:
                with suppress(SoraKitError):
                    again = self.served | {"port": before.port, "fallback": False}
                    self.server = server.start(self, **again)
            raise
        self.served = wanted
        return self.server

    def __repr__(self) -> str:
        state = "closed" if self.closed else self.role
        return f"<Studio {self.workspace.name!r} on {self.backend}, {state}, {self.count_clips()} clips>"
