"""The server that the clients talk to, seen from outside."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

__all__ = ("ADMIN", "KEY", "Gateway")

KEY = "sk-clients-0123456789abcdef"
ADMIN = "admin-password-9"


@dataclass
class Gateway:
    """A running server."""

    url: str
    folder: Path
    http: httpx.Client = field(repr=False)
    key: str = field(default=KEY, repr=False)

    @property
    def settings(self) -> dict[str, str]:
        """The environment of a client: what OpenAI's packages read."""
        hidden = ("SORA_KIT_", "PYTHONPATH", "OPENAI_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
        return {**kept, "OPENAI_BASE_URL": f"{self.url}/v1", "OPENAI_API_KEY": self.key, "PYTHONUTF8": "1"}

    def until_done(self, video: str, seconds: float = 100) -> dict[str, Any]:
        """The object of a video that has ended."""
        end = time.monotonic() + seconds
        while (now := self.http.get(f"/v1/videos/{video}").json())["status"] in ("queued", "in_progress"):
            assert time.monotonic() < end, now
            time.sleep(0.2)
        return dict(now)

    def asked(self, job: str) -> list[str]:
        """The bodies of the requests about a video, as the log keeps them."""
        found = self.http.get(
            "/admin/log", params={"job": job, "limit": 50}, headers={"authorization": f"Bearer {ADMIN}"}
        )
        return [row["asked"] for row in found.raise_for_status().json()["data"] if row["asked"]]
