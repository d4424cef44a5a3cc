"""The same call again is the same job: which key a call's job is kept under.

Clients repeat what was not answered. OpenAI's SDKs do it twice by themselves, say so in
``x-stainless-retry-count``, and send no idempotency key; the bodies of their forms differ in the
boundary. So what counts is what was *asked*: the path, the fields, and the bytes of the files
(`digest`). `key_of` turns a call into the idempotency key of its job:

| the call | its key |
|---|---|
| has an ``Idempotency-Key`` | that one; with another body than before it is refused (400, ``key_reused``) |
| comes from an SDK for the first time | a new one, which a repetition finds |
| is a repetition: same path, body and API key, within `window` | that of its first sending |
| anything else (``curl``) | none: each call is a job |

What is remembered stands in the workspace (`sora_kit.store.calls`), so it holds for all servers of it
and across restarts, and it is written before anything else happens: a repetition that overtakes its
first sending, because that still fetches a picture, is the same job too.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import msgspec

from sora_kit.errors import InvalidInput
from sora_kit.server.bodies import Tree, Upload
from sora_kit.server.visible import Wire, idempotency_key, owner_of
from sora_kit.store.calls import Calls

if TYPE_CHECKING:
    from sora_kit.store import JobRecord
    from sora_kit.studio import Studio

__all__ = ("answered", "digest", "job_of", "key_of")

COUNT = "x-stainless-retry-count"
TIMEOUT = "x-stainless-read-timeout"

READ_SECONDS = 600.0
"""How long OpenAI's SDKs wait for an answer unless they are told otherwise."""

LONGEST_READ = 3600.0

UNSURE = "sora_kit_unsure_call"

PAUSE_SECONDS = 130.0
"""Longest pause that they make before they try again (120 s, where an answer asks for it), and some."""


async def key_of(studio: Studio, request: Wire, body: Tree) -> str | None:
    """The idempotency key under which the job of this call is kept; for every route that starts jobs.

    Call it once, as soon as the body is read, and give what it returns to `Studio.accept` as ``key``
    (with something added to it for each further job of the call).

    Args:
        studio: Where.
        request: The call.
        body: Its body.

    Raises:
        InvalidInput: The ``Idempotency-Key`` came with another body before, or is too long.
    """
    key, sending = idempotency_key(request), count_of(request)
    if key is None and sending is None:
        return None
    asked = await asyncio.to_thread(digest, request.url.path, body)
    calls, owner = Calls(studio.workspace.database), owner_of(request)
    if key is None:
        return calls.again(owner, asked, sending or 0, window(request))
    same = calls.same(owner, key, asked)
    state(request)[UNSURE] = same is None
    if same is False:
        raise InvalidInput(
            f"The Idempotency-Key {key[:80]!r} belongs to another request",
            why="It came with another body before",
            fix="Use a new key for a new request",
            param="Idempotency-Key",
            code="key_reused",
        )
    return key


def job_of(studio: Studio, request: Wire, key: str | None) -> JobRecord | None:
    """The job that an earlier sending of the call started; then nothing is left to do but to answer.

    None, too, where it is not known whether that call was the same: `Studio.submit` will compare.
    """
    if state(request).get(UNSURE):
        return None
    return studio.jobs_table.by_key(owner_of(request), key)


async def answered(studio: Studio, request: Wire, key: str | None) -> None:
    """Note, just before the answer of a call without a key goes out, that its client is there to read it.

    It only decides which of several equal calls is meant when one of them is repeated.
    """
    if key is None or idempotency_key(request) is not None:
        return
    gone = asyncio.ensure_future(request.receive())
    await asyncio.sleep(0)
    if not gone.done():
        gone.cancel()
        with suppress(asyncio.CancelledError):
            await gone
        Calls(studio.workspace.database).answered(key)


def digest(path: str, body: Tree) -> str:
    """What a call asks for, as 64 hexadecimal digits; the encoding of its body does not matter."""
    said = msgspec.json.encode([path, plain(body)], order="deterministic")
    return hashlib.sha256(said).hexdigest()


def plain(value: Any) -> Any:
    """A piece of a body, with files as digests of their bytes."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, Upload):
        return {"sha256": file_digest(value.path) if value.path else hashlib.sha256(value.held).hexdigest()}
    return value


def file_digest(path: Path) -> str:
    """The SHA-256 of a file, which is read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def state(request: Wire) -> dict[str, Any]:
    """What is noted of a request while it lasts."""
    return cast("dict[str, Any]", request.scope).setdefault("state", {})  # type: ignore[no-any-return]


def count_of(request: Wire) -> int | None:
    """Which repetition a call says that it is, 0 for the first sending; None if it does not say."""
    count = request.headers.get(COUNT, "").strip()
    return int(count) if count.isdecimal() and len(count) < 4 else None


def window(request: Wire) -> float:
    """Seconds from a sending to the latest moment at which its client would repeat it."""
    try:
        seconds = float(request.headers.get(TIMEOUT, ""))
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= LONGEST_READ:
        seconds = READ_SECONDS
    return seconds + PAUSE_SECONDS
