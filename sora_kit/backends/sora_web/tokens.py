"""Credentials: from a session or refresh token to an access token.

Both exchanges may hand out a new session or refresh token and make the old one useless, so what
comes back must be stored before it is used. Access tokens are JWTs; `read_token` looks at their
claims without checking the signature, which only their issuer can.
"""

from __future__ import annotations

import base64
import binascii
import time
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any

from sora_kit.backends.base import AuthExpired, BackendError, InvalidRequest
from sora_kit.backends.sora_web.answers import decode, moment, number, text
from sora_kit.backends.sora_web.calling import Answer, Caller
from sora_kit.backends.sora_web.transport import QUICK

__all__ = ("Access", "Claims", "Tokens", "read_token")

COOKIE = "__Secure-next-auth.session-token"


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token says of itself; unchecked."""

    expires_at: float | None = None
    """Unix seconds."""

    email: str = ""
    user: str = ""


@dataclass(frozen=True, slots=True)
class Access:
    """A new access token. Secrets are not in its repr."""

    access_token: str = field(repr=False)
    expires_at: float | None
    """Unix seconds, or None if unknown."""

    email: str
    session_token: str = field(default="", repr=False)
    """The session token to keep from now on; empty if it stays the same."""

    refresh_token: str = field(default="", repr=False)
    """The refresh token to keep from now on; empty if it stays the same."""


class Tokens:
    """Calls that exchange credentials; none of them sends the access token."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def from_session(self, session_token: str) -> Access:
        """Exchange a session token.

        Raises:
            AuthExpired: The session is over.
            BackendError: Any of the other failures.
        """
        if not session_token or not session_token.isascii() or any(c in session_token for c in " ;,\r\n\t"):
            raise _over("It holds characters that no session token has" if session_token else "")
        headers = {"Cookie": f"{COOKIE}={session_token}", "Accept": "application/json"}
        answer = await self._caller.raw("GET", self._caller.site.session, QUICK, headers=headers)
        data = answer.data() if answer.body.strip() else None
        if not (token := text(data, "accessToken")):
            raise _over("The session gives no access token any more")
        claims = read_token(token)
        # `expires` is the session's end; the token's own comes first.
        return Access(
            token,
            claims.expires_at or moment(data, "expires"),
            text(data, "user", "email") or claims.email,
            session_token=_rotated(answer, session_token),
        )

    async def from_refresh(self, refresh_token: str, *, client_id: str, redirect_uri: str) -> Access:
        """Exchange a refresh token.

        Args:
            refresh_token: The token.
            client_id: Of the application that it was made for; there is no default.
            redirect_uri: Of the same application.

        Raises:
            AuthExpired: The token is used up or revoked.
            BackendError: Any of the other failures. If ``sent`` is true, the old token may be useless.
        """
        if not client_id:
            raise InvalidRequest(
                "A refresh token needs a client id",
                fix="Set the client id of the application that the token belongs to",
                param="client_id",
            )
        body = {
            "client_id": client_id,
            "grant_type": "refresh_token",
            "redirect_uri": redirect_uri,
            "refresh_token": refresh_token,
        }
        answer = await self._caller.raw(
            "POST", self._caller.site.token, QUICK, headers={"Accept": "application/json"}, json=body
        )
        data = answer.data()
        if not (token := text(data, "access_token")):
            raise _over("It gives no access token any more")
        claims = read_token(token)
        lasts = number(data, "expires_in")
        rotated = text(data, "refresh_token")
        return Access(
            token,
            time.time() + lasts if lasts is not None else claims.expires_at,
            claims.email,
            refresh_token=rotated if rotated != refresh_token else "",
        )


def read_token(token: str) -> Claims:
    """The claims of an access token; empty ones if it is no JWT. Never raises."""
    data: Any = None
    parts = token.split(".")
    if len(parts) == 3:
        try:
            raw = parts[1].encode("ascii")
            data = decode(base64.urlsafe_b64decode(raw + b"=" * (-len(raw) % 4)))
        except (ValueError, binascii.Error):
            data = None
    return Claims(
        number(data, "exp"),
        text(data, "https://api.openai.com/profile", "email"),
        text(data, "https://api.openai.com/auth", "chatgpt_user_id"),
    )


def _over(why: str) -> BackendError:
    return AuthExpired("The account cannot be signed in again", why=why, fix="Add the account again")


def _rotated(answer: Answer, old: str) -> str:
    """The session token that the answer sets, if it is a new one; long ones come in numbered parts."""
    jar: dict[str, str] = {}
    for line in answer.headers.getall("set-cookie", ()):
        try:
            jar |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        except CookieError:
            continue  # a cookie of somebody else that Python cannot read
    new = jar.get(COOKIE, "")
    if not new:
        parts = [jar.get(f"{COOKIE}.{i}", "") for i in range(10)]
        new = "".join(parts) if parts[0] else ""
    return new if new != old else ""
