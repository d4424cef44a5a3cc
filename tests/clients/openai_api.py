"""What the cases of `openai_matrix` stand on: a client, its shared values, and the list of all cases."""

from __future__ import annotations

import base64
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ("CASES", "JSON", "Api", "case")

CASES: dict[str, Callable[[Api], Awaitable[dict[str, Any]]]] = {}
JSON = {"extra_headers": {"Content-Type": "application/json"}}


@dataclass
class Api:
    """A client, and what the cases share."""

    client: Any
    omit: Any
    folder: Path
    picture: bytes
    clip: Path
    finished: str
    """A video that is completed."""
    Video: Any
    ids: dict[str, str] = field(default_factory=dict)

    async def got(self, value: Any) -> Any:
        """What a call gives, whichever client made it."""
        return await value if inspect.isawaitable(value) else value

    async def every(self, value: Any) -> list[Any]:
        """All items of a page, its followers, or a stream."""
        if not hasattr(value, "__aiter__"):
            value = await self.got(value)
        return [one async for one in value] if hasattr(value, "__aiter__") else list(value)

    @property
    def data_url(self) -> str:
        """The picture as text."""
        return "data:image/png;base64," + base64.b64encode(self.picture).decode()

    async def begun(self, call: Any) -> dict[str, Any]:
        """A video that was accepted; it is not waited for."""
        video = await self.got(call)
        await self.got(self.client.videos.delete(video.id))
        return {
            "id": video.id, "status": video.status, "model": video.model, "seconds": video.seconds,
            "size": video.size, "remixed": video.remixed_from_video_id, "prompt": video.prompt,
        }  # fmt: skip

    async def saved(self, content: Any, name: str) -> dict[str, Any]:
        """A download in a file, for the test to decode."""
        content = await self.got(content)
        path = self.folder / name
        written = content.write_to_file(path) if hasattr(content, "write_to_file") else None
        await self.got(written)
        return {"file": str(path), "type": content.response.headers["content-type"]}


def case(function: Callable[[Api], Awaitable[dict[str, Any]]]) -> Callable[[Api], Awaitable[dict[str, Any]]]:
    """Add a case."""
    CASES[function.__name__] = function
    return function
