"""An account's credentials and what it may do: new tokens, and the account page in one value."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from sora_kit.backends.base import AccountUnfit, AuthExpired, BackendError
from sora_kit.backends.hosted import Login, Renewed, Standing
from sora_kit.backends.sora_web.account import Invite, Plan
from sora_kit.backends.sora_web.client import SoraWeb
from sora_kit.backends.sora_web.starting import balance
from sora_kit.backends.sora_web.tokens import Access, read_token

__all__ = ("inspect", "renew")

T = TypeVar("T")


async def renew(web: SoraWeb, login: Login) -> Renewed:
    """A new access token from the session token or, if that is over, from the refresh token."""
    session, refresh = login.secrets.get("session_token", ""), login.secrets.get("refresh_token", "")
    if not (session or refresh):
        raise AuthExpired(
            "The account cannot be signed in again by itself",
            why="It has neither a session token nor a refresh token",
            fix="Give it one of them, or a new access token",
        )
    if session:
        try:
            return _renewed(web, await web.tokens.from_session(session))
        except AuthExpired:
            if not refresh:
                raise
    client_id, redirect_uri = (_setting(login, name) for name in ("client_id", "redirect_uri"))
    if not (client_id and redirect_uri):
        missing = " and ".join(
            name for name, value in (("client_id", client_id), ("redirect_uri", redirect_uri)) if not value
        )
        # Credentials that cannot be used are as good as none: the account waits for a person.
        raise AuthExpired(
            "The refresh token cannot be used",
            why=f"The account has no {missing}",
            fix="Set client_id and redirect_uri of the application that the token was made for",
            param="client_id" if not client_id else "redirect_uri",
        )
    return _renewed(
        web, await web.tokens.from_refresh(refresh, client_id=client_id, redirect_uri=redirect_uri)
    )


async def inspect(web: SoraWeb, login: Login) -> Standing:
    """What the account is. What cannot be told at the moment stays empty.

    An account that was never set up for videos is set up, once.

    Raises:
        AuthExpired: Its token is no longer accepted.
        AccountUnfit: It can never make anything (its country, a missing phone number).
        BackendError: Any of the other failures, if not even its profile can be read.
    """
    profile = await web.account.me()
    ahead = web.ahead or 0.0
    claims = read_token(login.secrets.get("access_token", ""))
    plan = await _or_none(web.account.plan()) or Plan()
    onboarded, invite = await _onboarded(web)
    quota = await _or_none(web.account.quota()) if onboarded is not False else None
    return Standing(
        email=profile.email or claims.email,
        name=profile.name,
        username=profile.username,
        user=claims.user,
        plan=plan.id,
        plan_title=plan.title,
        plan_ends=plan.ends_at,
        onboarded=onboarded,
        invite_code=invite.code if invite else "",
        invites_used=invite.redeemed if invite else None,
        invites_total=invite.total if invite else None,
        balance=balance(quota),
        expires=None if claims.expires_at is None else claims.expires_at - ahead,
    )


async def _onboarded(web: SoraWeb) -> tuple[bool | None, Invite | None]:
    """Whether the account is set up for videos, None if it is not told, and its invitations."""
    for attempt in range(2):
        try:
            return True, await web.account.invite()
        except AccountUnfit as error:
            if error.code != "not_onboarded":
                raise
            if attempt or not await _set_up(web):
                return False, None
        except AuthExpired:
            raise
        except BackendError:
            break
    return None, None


async def _set_up(web: SoraWeb) -> bool:
    try:
        await web.account.bootstrap()
    except AuthExpired:
        raise
    except BackendError:
        return False
    return True


async def _or_none(call: Awaitable[T]) -> T | None:
    """What a call tells, or None where it fails for a reason that may pass."""
    try:
        return await call
    except (AuthExpired, AccountUnfit):
        raise
    except BackendError:
        return None


def _renewed(web: SoraWeb, access: Access) -> Renewed:
    secrets = {
        "access_token": access.access_token,
        "session_token": access.session_token,
        "refresh_token": access.refresh_token,
    }
    expires = access.expires_at
    claimed = read_token(access.access_token).expires_at
    if expires is not None and expires == claimed:  # told by the deployment's clock
        expires -= web.ahead or 0.0
    return Renewed({name: value for name, value in secrets.items() if value}, expires, access.email)


def _setting(login: Login, name: str) -> str:
    value = login.settings.get(name)
    return value.strip() if isinstance(value, str) else ""
