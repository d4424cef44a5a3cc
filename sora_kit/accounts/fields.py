"""The fields that people give of an account: checking them, and what follows from them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from sora_kit.accounts.account import SECRETS, shown, shown_url
from sora_kit.accounts.claims import read_claims
from sora_kit.accounts.rows import Row
from sora_kit.errors import InvalidInput

__all__ = (
    "COLUMNS_TO_EDIT",
    "KEEP",
    "PLAIN",
    "Keep",
    "checked",
    "checked_proxy",
    "from_token",
    "mark_of",
    "named",
    "outside",
)

PLAIN = ("client_id", "redirect_uri", "device_id")
"""Settings that are no secrets."""

COLUMNS_TO_EDIT = ("label", "remark", "email", "image_enabled", "video_enabled", "image_cap", "video_cap")

LONGEST = {"label": 200, "remark": 2000, "email": 320, "proxy": 500}
SECRET_LONGEST = 16_000

PROXIES = ("http", "https", "socks5", "socks5h")


class Keep:
    """The type of `KEEP`."""

    def __repr__(self) -> str:
        return "KEEP"


KEEP: Final = Keep()
"""Leave a field as it is; an empty value clears it."""


def outside(values: Mapping[str, Any]) -> dict[str, Any]:
    """What may be seen of sealed values."""
    held = {name: shown(values[name]) for name in SECRETS if values.get(name)}
    if proxy := values.get("proxy"):
        held["proxy"] = shown_url(proxy)
    return {"held": held, "headers": sorted(values.get("write_headers") or {})}


def from_token(token: str, email: str, settings: dict[str, Any]) -> Row:
    """What a new access token tells of its account."""
    claims = read_claims(token)
    settings["issued"] = claims.issued
    found: Row = {"expires": claims.expires, "email": email or claims.email.lower()}
    if claims.user:
        found["user"] = claims.user
    if claims.plan:
        found["plan"] = claims.plan
    return found


def named(values: Mapping[str, Any]) -> str:
    """The names of values."""
    return ", ".join(sorted(values)).replace("_", " ")


def mark_of(secret: str) -> str:
    """64 bits that tell a token again; 16 blanks for none."""
    return hashlib.sha256(f"sora_kit {secret}".encode()).hexdigest()[:16] if secret else " " * 16


def checked(fields: Mapping[str, Any]) -> Row:
    """Fields of an account with the values that they are stored with.

    Raises:
        InvalidInput: One of them is unknown or cannot be right.
    """
    known = {*SECRETS, *PLAIN, *COLUMNS_TO_EDIT, "proxy", "write_headers", "enabled"}
    values: Row = {}
    for name, value in fields.items():
        if value is KEEP:
            continue
        if name not in known:
            raise InvalidInput(
                f"An account has no {name!r}", fix=f"It has {', '.join(sorted(known))}", param=name
            )
        if name in ("enabled", "image_enabled", "video_enabled"):
            values[name] = True if value is None else bool(value)
        elif name in ("image_cap", "video_cap"):
            values[name] = checked_cap(name, value)
        elif name == "write_headers":
            values[name] = checked_headers(value)
        elif not isinstance(value, str | None):
            raise InvalidInput(f"The {name.replace('_', ' ')} is no text", fix="Write a text", param=name)
        else:
            text = str(value or "").strip()
            if name in SECRETS and "…" in text:
                raise InvalidInput(
                    f"That {name.replace('_', ' ')} is masked", fix="Give the whole of it", param=name
                )
            if len(text) > LONGEST.get(name, SECRET_LONGEST) or any(
                ord(c) < 32 for c in text if c not in "\n\t"
            ):
                raise InvalidInput(
                    f"That cannot be the {name.replace('_', ' ')} of an account",
                    why="It is too long, or holds control characters",
                    fix="Copy it again",
                    param=name,
                )
            values[name] = text.lower() if name == "email" else text
    if "proxy" in values:
        values["proxy"] = checked_proxy(values["proxy"])
    return values


def checked_cap(name: str, value: Any) -> int:
    """A limit; None, 0 and -1 mean none."""
    if value is None:
        return -1
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = -2
    if not -1 <= number <= 1000:
        raise InvalidInput(
            f"The {name.replace('_', ' ')} is no limit",
            fix="Use a number from 1 to 1000, or -1 for no limit",
            param=name,
        )
    return number or -1


def checked_headers(value: Any) -> dict[str, str]:
    """Extra headers; the backend has its own view of which ones can be sent."""
    if not value:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(x, str) for pair in value.items() for x in pair):
        raise InvalidInput(
            "Extra headers are a mapping of names to texts",
            fix='Write {"name": "value"}',
            param="write_headers",
        )
    return dict(value)


def checked_proxy(url: str) -> str:
    """The URL of a proxy, or empty."""
    url = (url or "").strip()
    scheme, sign, rest = url.partition("://")
    if url and (
        not sign or scheme.lower() not in PROXIES or not rest.strip("/") or any(c.isspace() for c in rest)
    ):
        raise InvalidInput(
            "That is no address of a proxy",
            why=f"It begins with one of {', '.join(f'{one}://' for one in PROXIES)}",
            fix="Write it like socks5://127.0.0.1:1080",
            param="proxy",
        )
    return url
