"""How much a server takes from strangers, and how long it waits for them.

Values come from the workspace's settings (``server.…``); what is not set there has the default below.
They are read when a server starts. Those of a connection are kept by `sora_kit.server.connections`, those
of a body by `sora_kit.server.incoming`.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from sora_kit.store import Settings

__all__ = ("Limits",)

MIB = 2**20


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds."""

    upload_bytes: int = 256 * MIB
    """A whole form with files. They go to disk as they come, never into memory."""

    body_bytes: int = 64 * MIB
    """A body of JSON or plain fields, and the fields of a form without its files."""

    parts: int = 200
    """Fields and files of one form."""

    head_bytes: int = 32 * 1024
    """Request line and headers."""

    headers: int = 100
    """Headers of one request."""

    head_seconds: float = 15.0
    """From the first byte of a request, or from the connection, to the end of its headers."""

    stall_seconds: float = 60.0
    """Without a byte of a body that has not ended; and without room for a byte of an answer."""

    body_rate: int = 1024
    """Bytes a second that a body has at least, on the whole."""

    connections: int = 4096
    """Open at a time. Where the process may open fewer files, that counts, less a reserve."""

    @classmethod
    def read(cls, settings: Settings) -> Limits:
        """The limits of a workspace.

        Raises:
            InvalidInput: One of them is not a positive number.
        """
        return settings.limits("server", cls)

    def open_at_once(self) -> int:
        """Connections that may be open at a time in this process."""
        if sys.platform == "win32":
            return self.connections
        import resource

        files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        if files == resource.RLIM_INFINITY:
            return self.connections
        return max(16, min(self.connections, files - RESERVE))


RESERVE = 200
"""Files that the process needs for itself: databases, media, connections to backends."""
