"""``/healthz`` and ``/readyz``, for supervisors and load balancers.

``/healthz`` says that the process lives: restart it when it does not answer. ``/readyz`` says whether it
can take requests now: send it none while it answers 503. They need no key, so their reasons are general
ones, without paths, names and addresses.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, Literal

import msgspec
from litestar import Response, get, head
from litestar.di import NamedDependency

from sora_kit import backends
from sora_kit.backends.hosted import is_hosted
from sora_kit.errors import SoraKitError
from sora_kit.server.visible import Wire
from sora_kit.studio import Studio

__all__ = ("beats", "healthz", "readyz")

LEAST_FREE = 256 * 2**20
"""Bytes that the disk of the media has free; a clip and its pieces take some dozens of megabytes."""

SECONDS = 5.0
"""For all looks together."""


class Check(msgspec.Struct, omit_defaults=True):
    """One thing that is needed."""

    ok: bool
    why: str = ""


class Ready(msgspec.Struct):
    """Whether requests can be taken, and why not."""

    status: Literal["ready", "not ready"]
    checks: dict[str, Check]


@get("/healthz", tags=["Health"], summary="Is the process alive")
async def healthz() -> dict[str, str]:
    """Answers as long as the server's loop runs."""
    return {"status": "ok"}


@get("/readyz", tags=["Health"], summary="Can it take requests")
async def readyz(studio: NamedDependency[Studio]) -> Response[Ready]:
    """Answers 200 when work can be taken, else 503, each with its reasons.

    The database can be written, somebody runs jobs, there is room for media, and the default backend has
    somebody to work for it.
    """
    checks: dict[str, Check] = {name: Check(ok=False, why="It could not be told in time") for name in LOOKS}

    async def look(name: str) -> None:
        checks[name] = await asyncio.to_thread(outcome, LOOKS[name], studio)

    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SECONDS):
            await asyncio.gather(*map(look, LOOKS))
    fine = all(one.ok for one in checks.values())
    return Response(Ready("ready" if fine else "not ready", checks), status_code=200 if fine else 503)


@head(["/healthz", "/readyz"], include_in_schema=False)
async def beats(request: Wire, studio: NamedDependency[Studio]) -> Response[None]:
    """The same without words, as some load balancers ask."""
    fine = request.url.path.endswith("/healthz") or (await readyz.fn(studio)).status_code == 200
    return Response(None, status_code=200 if fine else 503)


def outcome(look: Callable[[Studio], str], studio: Studio) -> Check:
    """What one look says."""
    try:
        why = look(studio)
    except SoraKitError as error:
        why = error.what
    except OSError as error:
        why = f"It cannot be used: {error.strerror}"
    return Check(ok=not why, why=why)


def database(studio: Studio) -> str:
    """Whether it can be written."""
    with studio.workspace.database.write() as connection:
        if studio.workspace.database.sqlite:
            return ""  # a transaction that writes holds the lock by now
        only_read: Any = connection.usual().exec_driver_sql("show transaction_read_only").scalar()
        return "It can only be read" if only_read == "on" else ""


def runner(studio: Studio) -> str:
    """Whether somebody runs jobs."""
    alive = any(one.role == "runner" for one in studio.runners())
    return "" if alive else "No process runs jobs; what is asked for waits"


def disk(studio: Studio) -> str:
    """Whether there is room."""
    with studio.workspace.media.folder_for_work("ready"):
        pass
    free = studio.workspace.media.free_bytes()
    return "" if free >= LEAST_FREE else f"{free >> 20} MB are free, and {LEAST_FREE >> 20} are needed"


def backend(studio: Studio) -> str:
    """Whether the default one has somebody to work for it."""
    if not is_hosted(backends.get(studio.backend)):
        return ""
    usable = [one for one in studio.accounts.list(backend=studio.backend) if one.enabled]
    if not usable:
        return "The default backend has no account that is switched on"
    able = any(one.state in ("ready", "cooling") for one in usable)
    return "" if able else "No account of the default backend can be used; they need somebody's help"


LOOKS: dict[str, Callable[[Studio], str]] = {
    "database": database,
    "runner": runner,
    "disk": disk,
    "backend": backend,
}
