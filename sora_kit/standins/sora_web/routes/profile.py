"""The account: who it is, its plan and quota, invites, its name."""

from __future__ import annotations

from typing import Any

from litestar import get, post
from litestar.di import NamedDependency

from sora_kit.standins.sora_web.account import PLANS
from sora_kit.standins.sora_web.call import Call
from sora_kit.standins.sora_web.clock import iso
from sora_kit.standins.sora_web.refusals import invalid

__all__ = ("ROUTES",)

INVITES = 4
MONTH = 30 * 86_400


@get("/backend/me", name="me")
async def me(call: NamedDependency[Call]) -> dict[str, Any]:
    """E-mail and names; ``username`` is null until one is chosen."""
    one = call.account
    return {"id": one.user, "email": one.email, "name": one.name, "username": one.username}


@get("/backend/billing/subscriptions", name="subscriptions")
async def subscriptions(call: NamedDependency[Call]) -> dict[str, Any]:
    """The plan, or an empty list."""
    plan = call.account.plan
    ends = iso(call.now + call.skew + MONTH)
    return {"data": [{"plan": {"id": plan, "title": PLANS[plan]}, "end_ts": ends}] if plan else []}


@get("/backend/nf/check", name="nf_check")
async def nf_check(call: NamedDependency[Call]) -> dict[str, Any]:
    """How many videos are left, and when there will be more."""
    return {"rate_limit_and_credit_balance": call.account.quota.state(call.now)}


@get("/backend/project_y/invite/mine", name="invite_mine")
async def invite_mine(call: NamedDependency[Call]) -> dict[str, Any]:
    """The account's own invite code; an answer at all means that it may make videos."""
    one = call.account
    return {"invite_code": one.invite, "redeemed_count": one.redeemed, "total_count": INVITES}


@get("/backend/m/bootstrap", name="bootstrap")
async def bootstrap(call: NamedDependency[Call]) -> dict[str, Any]:
    """Onboard the account."""
    call.account.onboarded = True
    return {"status": "ok"}


@post("/backend/project_y/invite/accept", name="invite_accept", status_code=200)
async def invite_accept(call: NamedDependency[Call]) -> dict[str, Any]:
    """Redeem the code of another account."""
    code, one = call.text("invite_code"), call.account
    owner = next((a for a in call.world.accounts.values() if a.invite == code), None)
    if owner is None or owner is one or owner.redeemed >= INVITES:
        raise invalid("invite_code", "that invite code cannot be used")
    already = one.accepted is not None
    if not already:
        one.accepted = code
        owner.redeemed += 1
    return {"success": True, "already_accepted": already}


@post("/backend/project_y/profile/username/check", name="username_check", status_code=200)
async def username_check(call: NamedDependency[Call]) -> dict[str, Any]:
    """Whether nobody, no account and no character, has a name."""
    name = call.text("username")
    return {"username": name, "available": not call.world.taken(name)}


@post("/backend/project_y/profile/username/set", name="username_set", status_code=200)
async def username_set(call: NamedDependency[Call]) -> dict[str, Any]:
    """Take a name."""
    name = call.text("username")
    if name != call.account.username and call.world.taken(name):
        raise invalid("username", "that username is taken")
    call.account.username = name
    return {"username": name}


ROUTES = (me, subscriptions, nf_check, invite_mine, bootstrap, invite_accept, username_check, username_set)
