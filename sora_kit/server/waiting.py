"""Waiting for jobs without holding them.

A request only looks on: when its client leaves, the looking ends and the job goes on. `pulses` adds two
things to a stream of changes that a plain ``async for`` lacks: a beat in times of silence, so that
proxies see bytes, and an end when the server stops, so that a stop takes less than a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

from sora_kit.errors import ServerError

if TYPE_CHECKING:
    from sora_kit.store import JobRecord
    from sora_kit.studio import Studio

__all__ = ("SETTLED", "ServerStopping", "pulses", "settled")

SETTLED = frozenset({"completed", "failed", "cancelled", "needs_you"})
"""States in which nothing more happens by itself."""


class ServerStopping(ServerError):
    """The server ends while somebody waits for a job. The job does not end."""

    code = "server_stopping"

    def __init__(self) -> None:
        super().__init__(
            "The server is stopping",
            why="The job itself goes on",
            fix="Look for its result in the studio, or in /v1/videos when the server is back",
        )


async def pulses(
    studio: Studio, job_id: str, *, every: float, gap: float = 0.0, stopping: asyncio.Event
) -> AsyncGenerator[JobRecord | None, None]:
    """Snapshots of a job until it has ended, and None after each ``every`` seconds of silence.

    Args:
        studio: Where it is.
        job_id: The job.
        every: Seconds of silence between two beats.
        gap: Seconds between two snapshots of progress; a change of state comes at once.
        stopping: See below.

    Raises:
        NotFound: No such job.
        ServerStopping: ``stopping`` was set (whoever sets it wakes ``studio.hub``).
    """
    async with aclosing(studio.hub.pulses(job_id, every, gap)) as news:
        async for record in news:
            if stopping.is_set() and (record is None or record.state not in SETTLED):
                raise ServerStopping
            yield record


async def settled(studio: Studio, job_id: str, stopping: asyncio.Event) -> JobRecord:
    """The job's record once nothing more happens by itself. Call it on the studio's loop.

    Raises:
        ServerStopping: The server stopped first.
    """
    async with aclosing(pulses(studio, job_id, every=60, gap=60, stopping=stopping)) as records:
        async for record in records:
            if record is not None and record.state in SETTLED:
                return record
    return studio.record(job_id)
