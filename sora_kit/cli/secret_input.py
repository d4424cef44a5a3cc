"""How secrets come in without showing up anywhere: ``@FILE``, or ``-`` for stdin."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from sora_kit.errors import InvalidInput

__all__ = ("given", "read_secret")

SECRETS = ("access_token", "session_token", "refresh_token", "api_key", "proxy", "write_headers")


def given(**fields: Any) -> dict[str, Any]:
    """The fields that were given, secrets read from where they are."""
    found = {name: value for name, value in fields.items() if value is not None}
    for name in SECRETS:
        if name in found:
            found[name] = read_secret(found[name])
    if found.get("write_headers"):
        try:
            found["write_headers"] = json.loads(found["write_headers"])
        except ValueError:
            raise InvalidInput(
                "The extra headers are not valid JSON", fix='Write {"name": "value"}', param="write_headers"
            ) from None
    return found


def read_secret(text: str) -> str:
    """A secret, from a file or stdin if it says so."""
    if text == "-":
        return sys.stdin.readline().strip()
    return Path(text[1:]).read_text(encoding="utf-8").strip() if text.startswith("@") else text
