"""Who may ask.

A key comes as ``Authorization: Bearer``, as OpenAI's clients send it, or as ``x-api-key`` or
``api-key`` where a proxy in front (Jupyter's, for one) needs the ``Authorization`` header for itself.
Keys are stored hashed; the comparison is that of `Keys.check`. Media addresses need no key: their
token is the secret.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from sora_kit.server.envelope import KeyRefused
from sora_kit.server.sockets import is_loopback
from sora_kit.server.trace import trace_of

__all__ = ("presented", "require_key", "require_key_unless_local")

Connection = ASGIConnection[Any, Any, Any, Any]

_MAX = 512
"""No key is longer; longer ones are not worth a hash."""

_FIX = (
    "Make one with `sora-kit keys create NAME` or `studio.keys.create(NAME)` "
    "and send it as 'Authorization: Bearer KEY'"
)


def presented(headers: Mapping[str, str]) -> Iterator[str]:
    """All keys that a request presents. A Jupyter token in ``Authorization`` is none of ours."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        yield value.strip()
    for name in ("x-api-key", "api-key"):
        if value := headers.get(name, "").strip():
            yield value


async def require_key(connection: Connection, _: BaseRouteHandler) -> None:
    """Guard: let only holders of a key pass, and note who it is.

    Raises:
        KeyRefused: No key, or none that is valid here.
    """
    keys = connection.app.state.studio.keys
    secrets = list(presented(connection.headers))
    for secret in secrets:
        if len(secret) <= _MAX and (record := keys.check(secret)):
            trace_of(connection.scope).owner = record.id
            return
    if secrets:
        raise KeyRefused("The API key is not valid here", why="It is mistyped or was revoked", fix=_FIX)
    raise KeyRefused("An API key is needed", fix=_FIX)


async def require_key_unless_local(connection: Connection, handler: BaseRouteHandler) -> None:
    """Guard for the documentation: open to a browser on this machine, else as `require_key`.

    A request that a proxy on this machine passes on may come from anywhere, so it does not count as
    local.
    """
    forwarded = any(name.startswith("x-forwarded") or name == "forwarded" for name in connection.headers)
    if forwarded or connection.client is None or not is_loopback(connection.client.host):
        await require_key(connection, handler)
