"""Absolute addresses of media, as the client can reach them.

`SORA_KIT_PUBLIC_URL` beats everything. Else it is the address under which the client itself reached us:
the ``Host`` header, or, where a reverse proxy on this machine passed the request on, what that says in
``X-Forwarded-*``. Those headers are believed from loopback peers only, and only in a clean form: they
end in links that a chat shows. A lie can mislead nobody but its own sender.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from litestar.connection import ASGIConnection

from sora_kit.server.sockets import is_loopback

if TYPE_CHECKING:
    from sora_kit import Clip

__all__ = ("base_url", "media_url", "poster_url")

_HOST = re.compile(r"(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?", re.ASCII)
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~@%-]+)+", re.ASCII)


def base_url(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The address before ``/media/…``, without a slash at the end."""
    if public := os.environ.get("SORA_KIT_PUBLIC_URL", "").strip():
        return public.rstrip("/")
    headers = connection.headers
    scheme, host, prefix = str(connection.scope.get("scheme") or "http"), headers.get("host", ""), ""
    if connection.client is not None and is_loopback(connection.client.host):
        forwarded = _first(headers.get("x-forwarded-proto", "")).lower()
        scheme = forwarded if forwarded in ("http", "https") else scheme
        name = _first(headers.get("x-forwarded-host", ""))
        host = name if _HOST.fullmatch(name) else host
        # X-Forwarded-Context is what jupyter-server-proxy calls the prefix
        path = _first(headers.get("x-forwarded-prefix", "") or headers.get("x-forwarded-context", ""))
        prefix = path.rstrip("/") if _PREFIX.fullmatch(path.rstrip("/")) else ""
    if not _HOST.fullmatch(host):
        server = connection.scope.get("server")
        host = f"{server[0]}:{server[1]}" if server else "127.0.0.1"
    return f"{scheme}://{host}{prefix}"


def media_url(base: str, clip: Clip) -> str:
    """Where the clip or picture itself plays; it needs no key and ends in the file's extension."""
    return f"{base}/media/{clip.token}.{clip.ext}"


def poster_url(base: str, clip: Clip) -> str:
    """Where the clip's still picture is."""
    return f"{base}/media/{clip.token}.jpg"


def _first(value: str) -> str:
    """The first of a list, which is what the proxy nearest to the client said."""
    return value.partition(",")[0].strip()
