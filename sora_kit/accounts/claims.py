"""What an access token says of itself.

Access tokens of most services are JWTs: three parts, the middle one JSON. Its claims are read without
checking the signature, which only the issuer can, so they are used for names and times, never to decide
who may do what. Any other text simply says nothing.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

__all__ = ("Claims", "read_claims")

PROFILE = "https://api.openai.com/profile"
AUTH = "https://api.openai.com/auth"


@dataclass(frozen=True, slots=True)
class Claims:
    """Claims of a token; empty where it does not say."""

    email: str = ""
    user: str = ""
    plan: str = ""
    """Such as ``chatgpt_plus``."""

    issued: float | None = None
    expires: float | None = None
    """Unix seconds."""


def read_claims(token: str) -> Claims:
    """The claims of a token; empty ones if it is no JWT. Never raises."""
    parts = token.split(".")
    if len(parts) != 3:
        return Claims()
    try:
        raw = parts[1].encode("ascii")
        data = json.loads(base64.urlsafe_b64decode(raw + b"=" * (-len(raw) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return Claims()
    auth, profile = part(data, AUTH), part(data, PROFILE)
    plan = word(auth, "chatgpt_plan_type")
    return Claims(
        email=word(profile, "email") or word(data, "email"),
        user=word(auth, "chatgpt_user_id") or word(auth, "user_id"),
        plan=f"chatgpt_{plan}" if plan and not plan.startswith("chatgpt_") else plan,
        issued=moment(data, "iat"),
        expires=moment(data, "exp"),
    )


def part(data: Any, name: str) -> Any:
    return data.get(name) if isinstance(data, dict) else None


def word(data: Any, name: str) -> str:
    found = part(data, name)
    return found.strip()[:80] if isinstance(found, str) else ""


def moment(data: Any, name: str) -> float | None:
    found = part(data, name)
    usable = isinstance(found, int | float) and not isinstance(found, bool) and 0 < found < 1e11
    return float(found) if usable else None
