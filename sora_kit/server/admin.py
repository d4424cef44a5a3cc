"""``/admin``: what happened, for whoever runs the server. It reads and changes nothing.

The way in is ``SORA_KIT_ADMIN_PASSWORD``, sent as ``Authorization: Bearer``; API keys do not open it. It
is compared in constant time, and wrong ones cost time: after `FREE_TRIES` of them from one address, that
address waits twice as long after each further one, up to `LONGEST` seconds, and meanwhile the right one
is refused too. The count is that of one server process, for at most `REMEMBERED` addresses (an IPv6
network of a home, /64, counts as one), and a restart forgets it: choose a password that nobody guesses.
"""

from __future__ import annotations

import hmac
import ipaddress
import math
import os
import time
from collections import OrderedDict
from dataclasses import asdict
from typing import Annotated, Any

from litestar import Router, get
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, QueryParameter

from sora_kit.errors import InvalidInput
from sora_kit.server.envelope import Failure, Problem
from sora_kit.server.trace import client_address, trace_of
from sora_kit.server.video_object import job_id
from sora_kit.store.masking import mask_json
from sora_kit.store.requests import durations, moments
from sora_kit.studio import Studio

__all__ = ("Gate", "admin_router")

PASSWORD = "SORA_KIT_ADMIN_PASSWORD"  # noqa: S105 - the name of the variable

FREE_TRIES = 5
"""Wrong passwords that cost nothing."""

LONGEST = 900.0
"""Seconds that an address waits at most."""

REMEMBERED = 1024
"""Addresses of which wrong passwords are remembered; the oldest is forgotten first."""

DAY = 86_400.0


class Gate:
    """Remembers wrong passwords."""

    def __init__(self) -> None:
        self.failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait(self, address: str) -> float:
        """Seconds until an address may try again."""
        count, last = self.failures.get(network(address), (0, 0.0))
        if count < FREE_TRIES:
            return 0.0
        return max(0.0, last + min(LONGEST, 2.0 ** (count - FREE_TRIES)) - time.monotonic())

    def failed(self, address: str) -> None:
        """Note a wrong password."""
        name = network(address)
        count, _ = self.failures.pop(name, (0, 0.0))
        self.failures[name] = (min(count + 1, 64), time.monotonic())
        while len(self.failures) > REMEMBERED:
            self.failures.popitem(last=False)

    def passed(self, address: str) -> None:
        """Forget an address."""
        self.failures.pop(network(address), None)


def network(address: str) -> str:
    """Whom an address stands for: itself, or the /64 of an IPv6 address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 6 and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((int(found), 64), strict=False))
    return str(found)


def admin_router() -> Router:
    """The routes under ``/admin``, with a gate of their own."""
    gate = Gate()

    async def require_admin(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        """Guard: let only holders of the admin password pass."""
        password = os.environ.get(PASSWORD, "")
        if not password:
            what = f"There is no admin password. Set {PASSWORD} where the server is started."
            raise Failure(Problem(403, what, "no_admin_password").final())
        address = client_address(connection.scope)
        if (seconds := gate.wait(address)) > 0:
            left = math.ceil(seconds)
            what = f"Too many wrong admin passwords came from your address. Try again in {left} s."
            headers = {"retry-after": str(left)}
            raise Failure(Problem(429, what, "too_many_tries", headers=headers).final())
        scheme, _space, value = connection.headers.get("authorization", "").partition(" ")
        given = value.strip() if scheme.lower() == "bearer" else ""
        if not hmac.compare_digest(given.encode(), password.encode()):
            if given:
                gate.failed(address)
            what = "The admin password is not right" if given else "The admin password is needed"
            what += ". Send that of SORA_KIT_ADMIN_PASSWORD as 'Authorization: Bearer PASSWORD'."
            headers = {"www-authenticate": "Bearer"}
            raise Failure(Problem(401, what, "invalid_admin_password", headers=headers))
        gate.passed(address)
        trace_of(connection.scope).owner = "admin"

    handlers = [read_log, read_job, read_accounts, read_stats]
    return Router("/admin", guards=[require_admin], route_handlers=handlers, tags=["Admin"])


@get("/log", summary="Read the request log")
async def read_log(
    studio: NamedDependency[Studio],
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 100,
    after: FromQuery[int | None] = None,
    since: FromQuery[float | None] = None,
    status: Annotated[int | None, QueryParameter(ge=1, le=599)] = None,
    owner: FromQuery[str | None] = None,
    job: FromQuery[str | None] = None,
) -> dict[str, Any]:
    """A page of requests, newest first; go on with ``after`` = the page's ``last_id``.

    ``since`` is in Unix seconds, ``status`` a status or its first figure, ``owner`` the id or name of a key.
    """
    if since is not None and not math.isfinite(since):
        raise InvalidInput("since is not a time", fix="Send Unix seconds", param="since")
    rows = studio.requests.latest(
        limit + 1, before=after, since=since, status=status, owner=owner, job_id=job_id(job) if job else None
    )
    data = rows[:limit]
    return {
        "object": "list",
        "data": data,
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
        "has_more": len(rows) > limit,
    }


@get("/jobs/{job:str}", summary="Look at one job")
async def read_job(studio: NamedDependency[Studio], job: FromPath[str]) -> dict[str, Any]:
    """A job with its attempts, its accounts' events meanwhile, its stages and the requests about it."""
    record = studio.record(job_id(job))
    attempts = studio.attempts(record.id)
    end = (record.finished or time.time()) + 1
    events = [
        asdict(event)
        for name in dict.fromkeys(one.account for one in attempts if one.account)
        for event in studio.accounts.events(name)
        if record.created <= event.time <= end
    ]
    names = ("id", "kind", "state", "stage", "progress", "prompt", "model", "style", "backend", "owner",
             "account", "clips", "parent", "error", "created", "started", "finished", "timings")  # fmt: skip
    found: dict[str, Any] = {name: getattr(record, name) for name in names}
    found["seconds"] = durations(moments(record.timings, record.created, record.started, record.finished))
    found["attempts"] = [asdict(one) for one in attempts]
    found["events"] = sorted(events, key=lambda event: float(event["time"]))
    found["requests"] = studio.requests.latest(100, job_id=record.id)
    return masked(found)


@get("/accounts", summary="List the accounts")
async def read_accounts(studio: NamedDependency[Studio]) -> dict[str, Any]:
    """All accounts, with their secrets masked."""
    return {"object": "list", "data": [account.to_json() for account in studio.accounts.list()]}


@get("/stats", summary="Count what happened")
async def read_stats(studio: NamedDependency[Studio]) -> dict[str, Any]:
    """Jobs and accounts by state, clips, and the requests of the last 24 hours."""
    states: dict[str, int] = {}
    for account in studio.accounts.list():
        state = account.state if account.enabled else "disabled"
        states[state] = states.get(state, 0) + 1
    return {
        "object": "stats",
        "jobs": studio.jobs_table.counts(),
        "clips": studio.count_clips(),
        "accounts": states,
        "requests": studio.requests.counts(time.time() - DAY),
    }


def masked(tree: dict[str, Any]) -> dict[str, Any]:
    """What a backend or a client wrote may quote anything."""
    found: dict[str, Any] = mask_json(tree)
    return found
