"""The way into ``/admin``.

There are three, each sent as ``Authorization: Bearer`` (a key also as ``x-api-key``, for the sake of proxies
that need ``Authorization`` themselves):

- a key with the scope ``admin``;
- a session, which ``POST /admin/login`` opens with the password, for an hour;
- the password itself, ``SORA_KIT_ADMIN_PASSWORD``, for scripts and supervisors.

The password is compared in constant time, and wrong ones cost time by address (`sora_kit.store.gate`); the
operator's page counts in the same place.
"""

from __future__ import annotations

import hmac
import math
import os
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from litestar import Response, post
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody

from sora_kit.errors import NotAllowed
from sora_kit.server.auth import ADMIN, identified, presented
from sora_kit.server.envelope import Failure, Problem
from sora_kit.server.trace import client_address, trace_of
from sora_kit.server.visible import Wire
from sora_kit.store import keys, sessions
from sora_kit.store.gate import Gate
from sora_kit.store.sessions import Sessions
from sora_kit.studio import Studio

if TYPE_CHECKING:
    from litestar.types import Scope

__all__ = ("PASSWORD", "login", "logout", "require_admin")

PASSWORD = "SORA_KIT_ADMIN_PASSWORD"  # noqa: S105 - the name of the variable

LONGEST = 1024

MADE = (sessions.PREFIX, keys.PREFIX)
"""How tokens begin that we made; they are no tries of a password."""


class Login(msgspec.Struct, forbid_unknown_fields=True):
    """The way in."""

    password: Annotated[str, msgspec.Meta(max_length=LONGEST, description=f"That of {PASSWORD}")]


class Session(msgspec.Struct):
    """A session that was opened."""

    token: Annotated[str, msgspec.Meta(description="Send it as `Authorization: Bearer`")]
    expires: Annotated[float, msgspec.Meta(description="Unix seconds")]
    object: Literal["session"] = "session"


class Ended(msgspec.Struct):
    """A session that was ended."""

    ended: Annotated[bool, msgspec.Meta(description="False for a password or key, which have no end")]
    object: Literal["session.ended"] = "session.ended"


async def require_admin(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Guard: let only administrators pass, and note which."""
    key = identified(connection)
    if key is not None and not ADMIN.isdisjoint(key.scopes):
        return
    studio: Studio = connection.app.state.studio
    scope = connection.scope
    given = bearer(scope)
    if Sessions(studio.workspace.database).holds(given, password()):
        trace_of(scope).owner = "admin"
        return
    if not password():
        what = f"There is no admin password. Set {PASSWORD} where the server is started, or use a key "
        raise Failure(Problem(403, what + "with the scope admin.", "no_admin_password").final())
    if key is not None:
        raise NotAllowed(
            f"The key {key.name!r} may not administer",
            why="It lacks the scope admin",
            fix="Use one that has it, or sign in with the admin password",
        )
    if not given:
        raise refused("The admin password is needed")
    if given.startswith(MADE) and not password().startswith(MADE):
        # nobody guesses 256 bits: a page whose session is over must not lock its reader out
        raise refused("That session or key is not valid here (any more)")
    try_password(studio, scope, given)
    trace_of(scope).owner = "admin"


@post("/login", status_code=200, summary="Open an admin session", request_max_body_size=64 * 1024)
async def login(request: Wire, studio: NamedDependency[Studio], data: JSONBody[Login]) -> Response[Session]:
    """Give the password once and get a token for an hour. Another password ends all sessions."""
    if not password():
        what = f"There is no admin password. Set {PASSWORD} where the server is started."
        raise Failure(Problem(403, what, "no_admin_password").final())
    try_password(studio, request.scope, data.password)
    trace_of(request.scope).owner = "admin"
    token, expires = Sessions(studio.workspace.database).open(password())
    return Response(Session(token, expires), headers={"cache-control": "no-store"})


@post("/logout", status_code=200, summary="End an admin session")
async def logout(request: Wire, studio: NamedDependency[Studio]) -> Ended:
    """End the session whose token was sent, at all servers of the workspace."""
    return Ended(Sessions(studio.workspace.database).end(bearer(request.scope), password()))


def try_password(studio: Studio, scope: Scope, given: str) -> None:
    """Return if the password is right.

    Raises:
        Failure: It is wrong, or too many wrong ones came from that address.
    """
    gate, address = Gate(studio.workspace.database), client_address(scope)
    right = hmac.compare_digest(given.encode(), password().encode())
    if right and not gate.known(address):
        return
    if (seconds := gate.take(address)) > 0:
        left = math.ceil(seconds)
        what = f"Too many wrong admin passwords came from your address. Try again in {left} s."
        headers = {"retry-after": str(left)}
        raise Failure(Problem(429, what, "too_many_tries", headers=headers).final())
    if not right:
        raise refused("The admin password is not right")
    gate.passed(address)


def refused(what: str) -> Failure:
    """Nobody was let in."""
    what += f". Send that of {PASSWORD} as 'Authorization: Bearer PASSWORD'."
    headers = {"www-authenticate": "Bearer"}
    return Failure(Problem(401, what, "invalid_admin_password", headers=headers))


def bearer(scope: Scope) -> str:
    """What came as ``Authorization: Bearer``, or empty."""
    only = [pair for pair in scope["headers"] if pair[0] == b"authorization"]
    return next(presented(only), "")


def password() -> str:
    """The admin password, or empty where none is set."""
    return os.environ.get(PASSWORD, "")
