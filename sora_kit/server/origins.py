"""Which web pages may ask: the origins of CORS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from sora_kit.errors import InvalidInput
from sora_kit.server.shield import ANY
from sora_kit.store import Settings

__all__ = ("chosen",)

SETTING = "server.cors_origins"


def chosen(given: Sequence[str] | None, settings: Settings) -> tuple[str, ...]:
    """The origins that were given, or those of the workspace, or all.

    Raises:
        InvalidInput: One of them is none.
    """
    found: Any = settings.get(SETTING, list(ANY)) if given is None else given
    if isinstance(found, str) or not isinstance(found, Sequence):
        raise wrong(found)
    return tuple(dict.fromkeys(origin(one) for one in found)) or ANY


def origin(text: Any) -> str:
    """An origin as browsers send it: in lower case, without a path and without the usual port."""
    if text == "*":
        return "*"
    try:
        parts = urlsplit(str(text).strip().lower())
        port = parts.port
    except ValueError:
        raise wrong(text) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise wrong(text)
    if parts.username is not None or "*" in parts.netloc:
        raise wrong(text)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, usual) else "")


def wrong(text: Any) -> InvalidInput:
    """The refusal."""
    return InvalidInput(
        f"{str(text)[:80]!r} is not the origin of a web page",
        fix="Give scheme and host, such as https://app.example, or * for all",
        param="cors_origins",
    )
