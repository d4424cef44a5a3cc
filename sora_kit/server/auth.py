"""Who may ask.

A key comes as ``Authorization: Bearer``, as OpenAI's clients send it, or as ``x-api-key`` or
``api-key`` where a proxy in front (Jupyter's, for one) needs the ``Authorization`` header for itself.
Keys are stored hashed; the comparison is that of `Keys.check`. Media addresses need no key: their
token is the secret.

What a key may is looked at in two places. Here, before the body is read: whether it is valid, how many
requests it sends, and whether its scopes have anything to do with the address. And where a job is
accepted (`sora_kit.store.allowance`), by what is really asked for: the kind, the model, the price.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, cast

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from sora_kit.errors import LimitReached, NotAllowed, WorkspaceError
from sora_kit.server.envelope import KeyRefused
from sora_kit.server.rates import Rates
from sora_kit.server.sockets import is_loopback
from sora_kit.server.trace import trace_of
from sora_kit.store.limits import SCOPES

if TYPE_CHECKING:
    from litestar.types import HTTPScope

    from sora_kit.store import KeyRecord, Keys

__all__ = (
    "admit",
    "identified",
    "presented",
    "require_key",
    "require_key_unless_local",
    "require_reader_unless_local",
    "scopes_for",
)

Connection = ASGIConnection[Any, Any, Any, Any]

log = logging.getLogger("sora_kit.server")

_MAX = 512
"""No key is longer; longer ones are not worth a hash."""

_FIX = (
    "Make one with `sora-kit keys create NAME` or `studio.keys.create(NAME)` "
    "and send it as 'Authorization: Bearer KEY'"
)

_NAMES = (b"x-api-key", b"api-key")

LOOKING = frozenset({"read", "images", "videos"})
IMAGES = frozenset({"images"})
VIDEOS = frozenset({"videos"})
ADMIN = frozenset({"admin"})
READERS = frozenset({"read", "admin"})
ANYTHING = frozenset(SCOPES)

_WHY = {
    "revoked": "It was revoked",
    "disabled": "It is switched off for now",
    "expired": "Its time is over",
}
"""State of a key → why it is refused; whoever holds the whole of it may know."""


def presented(headers: Iterable[tuple[bytes, bytes]]) -> Iterator[str]:
    """All keys that a request presents. A Jupyter token in ``Authorization`` is none of ours."""
    for name, value in headers:
        if name == b"authorization":
            scheme, _, secret = value.decode("latin-1").partition(" ")
            if scheme.lower() == "bearer" and (secret := secret.strip()):
                yield secret
        elif name in _NAMES and (secret := value.decode("latin-1").strip()):
            yield secret


def scopes_for(method: str, path: str) -> frozenset[str]:
    """Scopes of which a key needs one, for a route under ``/v1``.

    Looking is open to whoever may make something, too. The chat makes pictures and videos; which of them,
    only its body tells.
    """
    if method in ("GET", "HEAD", "OPTIONS"):
        return LOOKING
    if path.startswith("/v1/images"):
        return IMAGES
    return IMAGES | VIDEOS if path.startswith("/v1/chat") else VIDEOS


def identified(connection: Connection) -> KeyRecord | None:
    """The valid key that a request presents, noted as its owner; None if it presents none.

    Raises:
        LimitReached: The key has sent too many requests.
    """
    keys: Keys = connection.app.state.studio.keys
    for secret in presented(connection.scope["headers"]):
        if len(secret) > _MAX or (key := keys.check(secret)) is None:
            continue
        trace = trace_of(connection.scope)
        trace.owner = key.id
        if keys.unwritten:
            asyncio.get_running_loop().run_in_executor(None, _write_uses, keys)
        if key.per_minute is not None:
            taken = _rates(connection).take(key.id, key.per_minute)
            trace.headers = taken.headers
            if taken.wait:
                raise LimitReached(
                    f"The key {key.name!r} sends more than {key.per_minute} requests a minute",
                    fix=f"Wait {math.ceil(taken.wait)} s",
                    retry_after=taken.wait,
                )
        return key
    return None


def admit(connection: Connection, needed: frozenset[str]) -> None:
    """Let only holders of a key pass that has one of the scopes, and note who it is.

    Raises:
        KeyRefused: No key, or none that is valid here.
        NotAllowed: It lacks the scope.
        LimitReached: It has sent too many requests.
    """
    key = identified(connection)
    if key is None:
        raise _refused(connection)
    if needed.isdisjoint(key.scopes):
        words = " or ".join(sorted(needed))
        raise NotAllowed(
            f"The key {key.name!r} may not do this",
            why=f"It takes the scope {words}; its own are {', '.join(key.scopes)}",
            fix="Use another key, or have the scope given to this one",
        )


async def require_key(connection: Connection, _: BaseRouteHandler) -> None:
    """Guard of ``/v1``; see `admit`."""
    scope = cast("HTTPScope", connection.scope)
    admit(connection, scopes_for(scope["method"], scope["path_template"]))


async def require_key_unless_local(connection: Connection, _: BaseRouteHandler) -> None:
    """Guard for the documentation: open to a browser on this machine, else to every key."""
    if not _local(connection):
        admit(connection, ANYTHING)


async def require_reader_unless_local(connection: Connection, _: BaseRouteHandler) -> None:
    """Guard for numbers: open to this machine, else to keys that may look at everything."""
    if not _local(connection):
        admit(connection, READERS)


def _local(connection: Connection) -> bool:
    """Whether somebody on this machine asks.

    A request that a proxy on this machine passes on may come from anywhere, so it does not count as
    local. Neither does one for another name than this machine's: a page can have its own name lead here
    (DNS rebinding) and would read the answer.
    """
    headers = connection.headers
    if any(name.startswith("x-forwarded") or name in ("forwarded", "via", "x-real-ip") for name in headers):
        return False
    if connection.client is None or not is_loopback(connection.client.host):
        return False
    host = headers.get("host", "")
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return is_loopback(name.lower())


def _refused(connection: Connection) -> KeyRefused:
    """Why nobody was let in."""
    keys: Keys = connection.app.state.studio.keys
    secrets = [one for one in presented(connection.scope["headers"]) if len(one) <= _MAX]
    if not secrets and not any(presented(connection.scope["headers"])):
        return KeyRefused("An API key is needed", fix=_FIX)
    found = next((key for one in secrets if (key := keys.find(one))), None)
    why = _WHY.get(found.state, "") if found else "It is mistyped or was never one"
    # OpenAI's own words: LiteLLM knows a refused key by them
    return KeyRefused("Incorrect API key provided", why=why, fix=_FIX)


def _rates(connection: Connection) -> Rates:
    """The buckets of this server."""
    state = connection.app.state
    if "rates" not in state:
        state["rates"] = Rates()
    found: Rates = state["rates"]
    return found


def _write_uses(keys: Keys) -> None:
    try:
        keys.write_uses()
    except WorkspaceError:  # only a note of when a key was used is lost
        log.warning("It could not be written when keys were used", exc_info=True)
