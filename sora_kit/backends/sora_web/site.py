"""Where a deployment of the Sora web backend answers, and who asks.

A deployment has one base (``https://host/backend``) and two more addresses where credentials are
exchanged. At the original they lie on other hosts; a deployment of one's own usually answers all
three on one origin, so that is what another base implies unless it is said otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import httpx

from sora_kit.backends.base import AuthExpired, InvalidRequest
from sora_kit.backends.sora_web.transport import check_proxy
from sora_kit.errors import InvalidInput

__all__ = ("Credentials", "Site", "segment")

DEFAULT = "https://sora.chatgpt.com/backend"
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
_RESERVED = frozenset({"authorization", "content-length", "content-type", "host", "transfer-encoding"})


@dataclass(frozen=True, slots=True)
class Site:
    """The addresses of one deployment."""

    base: str = DEFAULT
    """What all paths are joined to, without a slash at its end."""

    session: str = "https://sora.chatgpt.com/api/auth/session"
    """Exchanges a session token."""

    token: str = "https://auth.openai.com/oauth/token"  # noqa: S105  an address
    """Exchanges a refresh token."""

    @classmethod
    def at(cls, base: str = "", *, session: str = "", token: str = "") -> Site:
        """The deployment behind a base URL.

        Args:
            base: For example ``http://127.0.0.1:8000/backend``; empty for the original.
            session: Where session tokens are exchanged, if not at ``/api/auth/session`` of that origin.
            token: Where refresh tokens are exchanged, if not at ``/oauth/token`` of that origin.

        Raises:
            InvalidInput: One of them is no http or https URL.
        """
        url = _url(base or DEFAULT)
        usual, origin = cls(), str(url.copy_with(path="/")).rstrip("/")
        if origin == str(_url(DEFAULT).copy_with(path="/")).rstrip("/"):
            session, token = session or usual.session, token or usual.token
        return cls(
            base=str(url).rstrip("/"),
            session=str(_url(session or f"{origin}/api/auth/session")),
            token=str(_url(token or f"{origin}/oauth/token")),
        )


@dataclass(frozen=True, slots=True)
class Credentials:
    """One account as the backend sees it. Secrets are not in its repr."""

    account: str
    """Any word that names the account here; it is never sent."""

    access_token: str = field(default="", repr=False)
    proxy: str = field(default="", repr=False)
    """URL of the proxy for every call of this account, media included; empty for none."""

    device_id: str = ""
    """UUID of the account's device, where one is known."""

    write_headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Sent with calls that start something, as the user wrote them. sora_kit computes none."""

    def __post_init__(self) -> None:
        if self.proxy:
            check_proxy(self.proxy)
        given: Mapping[Any, Any] = {
            **self.write_headers,
            **({"id": self.device_id} if self.device_id else {}),
        }
        for name, value in given.items():
            # They come from a form or a file, so anything may stand there.
            usable = isinstance(name, str) and isinstance(value, str)
            if not usable or not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
                raise InvalidInput(
                    "An extra header or the device id cannot be sent",
                    why="Names and values are plain ASCII on one line",
                    fix="Correct the extra headers and the device id of the account",
                    param="write_headers",
                )
            if name.lower() in _RESERVED:
                raise InvalidInput(
                    f"The header {name} belongs to sora_kit",
                    fix="Remove it from the extra headers of the account",
                    param="write_headers",
                )
        object.__setattr__(self, "write_headers", MappingProxyType(dict(self.write_headers)))

    def bearer(self) -> str:
        """The value of ``Authorization``.

        Raises:
            AuthExpired: There is no access token, or it is none that could be sent.
        """
        if not _HEADER_VALUE.fullmatch(self.access_token):
            raise AuthExpired(
                "The account has no usable access token",
                why="It is empty, or holds characters that no token has" if self.access_token else "",
                fix="Refresh it, or add the account again",
            )
        return f"Bearer {self.access_token}"


def segment(name: str) -> str:
    """An id, ready to stand in a path.

    Raises:
        InvalidRequest: It is empty or could lead to another path.
    """
    if not name or len(name) > 256 or not name.strip("."):
        raise InvalidRequest("The id of something upstream is missing or malformed", fix="Check the id")
    try:
        return quote(name, safe="")
    except UnicodeEncodeError:
        raise InvalidRequest("The id of something upstream is malformed", fix="Check the id") from None


def _url(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        url = httpx.URL("")
    if url.scheme not in {"http", "https"} or not url.host or url.userinfo or url.query or url.fragment:
        raise InvalidInput(
            "The address of the Sora web backend is not understood",
            why="It is an http or https URL without credentials, query or fragment",
            fix="Write it like http://127.0.0.1:8000/backend",
            param="url",
        )
    return url
