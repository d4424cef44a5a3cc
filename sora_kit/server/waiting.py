"""Waiting for jobs without holding them.

A request only looks on: when its client leaves, the looking ends and the job goes on. `pulses` adds two
things to a stream of changes that a plain ``async for`` lacks: a beat in times of silence, so that
proxies see bytes, and an end when the server stops, so that a stop takes less than a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, TypeVar

from sora_kit.errors import ServerError

if TYPE_CHECKING:
    from sora_kit.store import JobRecord
    from sora_kit.studio import Studio

__all__ = ("SETTLED", "ServerStopping", "pulses", "settled")

T = TypeVar("T")

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
    changes: AsyncIterator[T], *, every: float, stopping: asyncio.Event
) -> AsyncGenerator[T | None, None]:
    """The items of ``changes``, and None after each ``every`` seconds of silence.

    Raises:
        ServerStopping: ``stopping`` was set.
    """
    halt = asyncio.ensure_future(stopping.wait())
    coming = asyncio.ensure_future(_next(changes))
    try:
        while True:
            await asyncio.wait({coming, halt}, timeout=every, return_when=asyncio.FIRST_COMPLETED)
            if coming.done():
                try:
                    item = coming.result()
                except StopAsyncIteration:
                    return
                coming = asyncio.ensure_future(_next(changes))
                yield item
            elif halt.done():
                raise ServerStopping
            else:
                yield None
    finally:
        halt.cancel()
        coming.cancel()
        with suppress(asyncio.CancelledError, Exception):  # the end of a look-out has no news for anyone
            await coming
        if isinstance(changes, AsyncGenerator):
            await changes.aclose()


async def settled(studio: Studio, job_id: str, stopping: asyncio.Event) -> JobRecord:
    """The job's record once nothing more happens by itself. Call it on the studio's loop.

    Raises:
        ServerStopping: The server stopped first.
    """
    async with aclosing(pulses(studio.follow(job_id), every=60, stopping=stopping)) as records:
        async for record in records:
            if record is not None and record.state in SETTLED:
                return record
    return studio.record(job_id)


async def _next(changes: AsyncIterator[T]) -> T:
    return await anext(changes)
