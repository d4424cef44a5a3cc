"""The stand-in's own endpoints, for tests in whatever language: faults, counts, the clock, accounts.

They need no token, so a stand-in belongs on a machine of one's own.
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from sora_kit.errors import InvalidInput
from sora_kit.standins.sora_web.account import account_view
from sora_kit.standins.sora_web.clock import iso
from sora_kit.standins.sora_web.faults import Fault
from sora_kit.standins.sora_web.refusals import invalid, missing
from sora_kit.standins.sora_web.world import World

__all__ = ("ROUTES",)

_FIELDS = {"kind", "account", "endpoint", "nth", "seconds"}


@post("/__faults", name="faults_add", status_code=201)
async def faults_add(request: Request[Any, Any, Any], world: NamedDependency[World]) -> dict[str, Any]:
    """Set one fault (an object) or several (a list)."""
    try:
        sent = msgspec.json.decode(await request.body())
    except msgspec.DecodeError as error:
        raise invalid("body", "the body is not JSON") from error
    made = [_fault(world, one) for one in (sent if isinstance(sent, list) else [sent])]
    return {"faults": [world.faults.add(fault).view() for fault in made]}


@get("/__faults", name="faults_list")
async def faults_list(world: NamedDependency[World]) -> dict[str, Any]:
    """All faults, with how often each was seen and acted."""
    return {"faults": [fault.view() for fault in world.faults]}


@delete("/__faults", name="faults_clear")
async def faults_clear(world: NamedDependency[World]) -> None:
    """Take all faults away."""
    world.faults.clear()


@delete("/__faults/{number:int}", name="fault_delete")
async def fault_delete(world: NamedDependency[World], number: FromPath[int]) -> None:
    """Take one fault away."""
    if not world.faults.remove(number):
        raise missing("Fault")


@get("/__stats", name="stats")
async def stats(world: NamedDependency[World]) -> dict[str, Any]:
    """What clients did so far."""
    return world.ledger.view(world.running())


@post("/__clock", name="clock", status_code=200)
async def clock(request: Request[Any, Any, Any], world: NamedDependency[World]) -> dict[str, Any]:
    """Skip time: ``{"advance": 86400}``."""
    try:
        seconds = msgspec.json.decode(await request.body(), type=dict[str, float]).get("advance", 0.0)
        world.clock.advance(seconds)
    except (msgspec.MsgspecError, ValueError) as error:
        raise invalid("advance", "advance must be 0 or more seconds") from error
    return {"now": iso(world.clock.time())}


@post("/__reset", name="reset", status_code=204)
async def reset(world: NamedDependency[World]) -> None:
    """Forget all that happened, faults too; the accounts begin anew with new tokens."""
    world.reset()


@get("/__accounts", name="accounts")
async def accounts(world: NamedDependency[World]) -> dict[str, Any]:
    """All accounts with their present tokens."""
    return {"accounts": [account_view(one) for one in world.accounts.values()]}


def _fault(world: World, sent: Any) -> Fault:
    if not isinstance(sent, dict) or "kind" not in sent:
        raise invalid("body", "a fault is an object with a kind")
    if unknown := set(sent) - _FIELDS:
        raise invalid(min(unknown), f"a fault has the fields {', '.join(sorted(_FIELDS))}")
    try:
        return world.known(Fault(**sent))
    except InvalidInput as error:
        raise invalid(error.param or "kind", str(error)) from error


ROUTES = (faults_add, faults_list, faults_clear, fault_delete, stats, clock, reset, accounts)
