"""Absolute addresses of media, as the client can reach them.

`SORA_KIT_PUBLIC_URL` beats everything. Else it is the address under which the client itself reached us:
the ``Host`` header, or, where a reverse proxy on this machine passed the request on, what that says in
``X-Forwarded-*``. Those headers are believed from loopback peers only, and only in a clean form: they
end in links that a chat shows. A lie can mislead nobody but its own sender.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from litestar.connection import ASGIConnection

from sora_kit.server.sockets import is_loopback

if TYPE_CHECKING:
    from litestar.types import Scope

    from sora_kit import Clip

__all__ = ("base_of", "base_url", "media_url", "poster_url")

_HOST = re.compile(r"(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?", re.ASCII)
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~@%-]+)+", re.ASCII)


def base_url(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The address before ``/media/…``, without a slash at the end."""
    return base_of(connection.scope, dict(connection.scope["headers"]))


def base_of(scope: Mapping[str, Any] | Scope, headers: Mapping[bytes, bytes]) -> str:
    """As `base_url`, for an ASGI scope and its headers."""
    if public := os.environ.get("SORA_KIT_PUBLIC_URL", "").strip():
        return public.rstrip("/")
    client, server = scope.get("client"), scope.get("server")
    local = client is not None and is_loopback(client[0])
    named = f"{server[0]}:{server[1]}" if server else "127.0.0.1"
    return _base(str(scope.get("scheme") or "http"), named, local, *map(headers.get, _TELLING))


_TELLING = (b"host", b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-prefix", b"x-forwarded-context")


@lru_cache(maxsize=256)
def _base(scheme: str, named: str, local: bool, *told: bytes | None) -> str:
    """The address for what a request tells; most clients always tell the same."""
    host, proto, name, prefix, context = ((value or b"").decode("latin-1") for value in told)
    path = ""
    if local:
        forwarded = _first(proto).lower()
        scheme = forwarded if forwarded in ("http", "https") else scheme
        host = first if _HOST.fullmatch(first := _first(name)) else host
        # X-Forwarded-Context is what jupyter-server-proxy calls the prefix
        path = _first(prefix or context).rstrip("/")
    return f"{scheme}://{host if _HOST.fullmatch(host) else named}{path if _PREFIX.fullmatch(path) else ''}"


def media_url(base: str, clip: Clip) -> str:
    """Where the clip or picture itself plays; it needs no key and ends in the file's extension."""
    return f"{base}/media/{clip.token}.{clip.ext}"


def poster_url(base: str, clip: Clip) -> str:
    """Where the clip's still picture is."""
    return f"{base}/media/{clip.token}.jpg"


def _first(value: str) -> str:
    """The first of a list, which is what the proxy nearest to the client said."""
    return value.partition(",")[0].strip()
