"""The pool as a DataFrame, masked."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sora_kit.accounts.editing import Editing
from sora_kit.store.dataframe import framed

if TYPE_CHECKING:
    import pandas as pd

__all__ = ("Tables",)

COLUMNS = (
    "id", "backend", "label", "email", "enabled", "state", "cause", "cool_until", "plan", "plan_ends",
    "quota", "quota_resets", "expires", "videos_in_use", "video_cap", "images_in_use", "image_cap",
    "videos", "images", "errors", "videos_today", "images_today", "errors_today", "last_error",
    "last_error_at", "last_used", "proxy", "remark", "access_token", "session_token", "refresh_token",
    "api_key", "client_id", "checked", "created",
)  # fmt: skip
TIMES = (
    "cool_until", "plan_ends", "quota_resets", "expires", "last_error_at", "last_used", "checked", "created",
)  # fmt: skip


class Tables(Editing):
    """How notebooks show accounts; part of `sora_kit.accounts.Accounts`."""

    def table(self) -> pd.DataFrame:
        """All accounts, one row each; secrets masked, times as UTC."""
        rows = []
        for one in self.list():
            row = {name: getattr(one, name) for name in COLUMNS}
            rows.append(row | {"last_used": one.last_used or None})
        return framed(rows, COLUMNS, TIMES)

    def __repr__(self) -> str:
        states = Counter(one.state if one.enabled else "disabled" for one in self.list())
        words = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
        return f"Accounts({words or 'none'})"
