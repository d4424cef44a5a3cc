"""Access tokens: JWTs with an expiry and the profile claim, signed by this stand-in (HS256).

Clients read them without checking the signature, to learn the e-mail and when to refresh; the stand-in
checks it, so an invented token is refused as upstream refuses it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

__all__ = ("AUTH", "PROFILE", "issue", "read")

PROFILE = "https://api.openai.com/profile"
AUTH = "https://api.openai.com/auth"

_HEADER = {"alg": "HS256", "typ": "JWT"}


def issue(secret: bytes, claims: dict[str, Any]) -> str:
    """A signed token with these claims."""
    signed = f"{_pack(_HEADER)}.{_pack(claims)}"
    return f"{signed}.{_sign(secret, signed)}"


def read(secret: bytes, token: str) -> dict[str, Any] | None:
    """The claims of a token that `issue` made with this secret; None for any other text."""
    signed, _, signature = token.rpartition(".")
    if not hmac.compare_digest(signature.encode(), _sign(secret, signed).encode()):
        return None
    body = signed.partition(".")[2]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return claims


def _pack(value: dict[str, Any]) -> str:
    return _text(json.dumps(value, separators=(",", ":")).encode())


def _sign(secret: bytes, text: str) -> str:
    return _text(hmac.digest(secret, text.encode(), hashlib.sha256))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
