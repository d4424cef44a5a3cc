"""The two ways to an access token: from a session token, and from a refresh token."""

from __future__ import annotations

from typing import Any

from litestar import get, post
from litestar.di import NamedDependency

from sora_kit.standins.sora_web.call import Call
from sora_kit.standins.sora_web.clock import iso
from sora_kit.standins.sora_web.gate import session_of
from sora_kit.standins.sora_web.refusals import Refusal, refusal
from sora_kit.standins.sora_web.world import SESSION_SECONDS

__all__ = ("ROUTES",)


@get("/api/auth/session", name="auth_session")
async def auth_session(call: NamedDependency[Call]) -> dict[str, Any]:
    """The access token of a session: the same one while it is good. Empty without a session."""
    account = call.world.by_session(session_of(call.headers))
    if account is None:
        return {}
    try:
        call.world.authenticate(account.access_token)
        token = account.access_token
    except Refusal:
        token = call.world.sign_in(account, call.skew)
    user = {"id": account.user, "name": account.name, "email": account.email, "image": None}
    return {"user": user, "expires": iso(call.now + call.skew + SESSION_SECONDS), "accessToken": token}


@post("/oauth/token", name="oauth_token", status_code=200)
async def oauth_token(call: NamedDependency[Call]) -> dict[str, Any]:
    """A new access token, and a new refresh token in place of the old one."""
    if call.body().get("grant_type") != "refresh_token":
        raise _denied("unsupported_grant_type", "grant_type must be refresh_token")
    for name in ("client_id", "redirect_uri"):
        if not call.body().get(name):
            raise _denied("invalid_request", f"{name} is missing")
    account = call.world.by_refresh(str(call.body().get("refresh_token") or ""))
    if account is None:
        raise _denied("invalid_grant", "The refresh token is unknown, or was used before.")
    if account.country is not None:
        raise refusal("unsupported_country_code", param=account.country)
    return {
        "access_token": call.world.sign_in(account, call.skew),
        "refresh_token": call.world.rotate(account),
        "expires_in": int(call.world.token_seconds),
        "token_type": "Bearer",
    }


def _denied(error: str, why: str) -> Refusal:
    """As RFC 6749, 5.2 has it."""
    return Refusal(400, {"error": error, "error_description": why})


ROUTES = (auth_session, oauth_token)
