"""Chat completions as a stream of server-sent events, in OpenAI's exact form.

One `Chunks` writes all frames of one answer: the same id and creation time in each, the role first, a
lower-case ``stop`` last, then ``[DONE]``. Progress goes into ``reasoning_content``, which chats show as
a folded line of thought, so the answer itself stays clean.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from secrets import token_hex
from typing import Any

import msgspec

__all__ = ("DONE", "HEADERS", "KEEP_ALIVE", "USAGE", "Chunks", "frame", "whole_answer")

HEADERS = {
    "cache-control": "no-cache",
    "connection": "keep-alive",
    "x-accel-buffering": "no",  # nginx holds a stream back without it
}
KEEP_ALIVE = b": keep-alive\n\n"
DONE = b"data: [DONE]\n\n"
USAGE = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
"""Nothing here is counted in tokens."""


def frame(payload: Mapping[str, Any]) -> bytes:
    """One event. JSON escapes line breaks, so it is always one line."""
    return b"data: " + msgspec.json.encode(payload) + b"\n\n"


def new_id() -> str:
    """An id as OpenAI's chats have them."""
    return "chatcmpl-" + token_hex(12)


class Chunks:
    """The frames of one streamed answer.

    Args:
        model: The model as the client named it.
        include_usage: The client asked for ``stream_options.include_usage``.
        name: Id of the answer; a new one if it is empty.
        created: Unix seconds of the answer's beginning; now if it is 0.
    """

    def __init__(
        self, model: str, *, include_usage: bool = False, name: str = "", created: float = 0
    ) -> None:
        self.head = {
            "id": name or new_id(),
            "object": "chat.completion.chunk",
            "created": int(created or time.time()),
            "model": model,
        }
        self.include_usage = include_usage

    def start(self) -> bytes:
        """The first frame, which says who speaks."""
        return self._delta({"role": "assistant", "content": ""})

    def thought(self, text: str) -> bytes:
        """A line of progress."""
        return self._delta({"reasoning_content": text})

    def content(self, text: str) -> bytes:
        """A piece of the answer."""
        return self._delta({"content": text})

    def end(self) -> Iterator[bytes]:
        """The last frames."""
        yield self._delta({}, "stop")
        if self.include_usage:
            yield frame({**self.head, "choices": [], "usage": USAGE})
        yield DONE

    def _delta(self, delta: dict[str, str], reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}
        usage = {"usage": None} if self.include_usage else {}
        return frame({**self.head, "choices": [choice], **usage})


def whole_answer(model: str, content: str, *, name: str = "", created: float = 0) -> dict[str, Any]:
    """The same answer in one piece; see `Chunks` for its ``name`` and ``created``."""
    message = {"role": "assistant", "content": content, "refusal": None}
    return {
        "id": name or new_id(),
        "object": "chat.completion",
        "created": int(created or time.time()),
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
        "usage": USAGE,
    }
