"""``/admin``: what whoever runs the server sees and does.

One router; what it is made of stands beside it:

| module | addresses |
|---|---|
| `sora_kit.server.admin_entry` | the way in: ``login``, ``logout``, and the guard of all others |
| `sora_kit.server.admin_keys` | ``keys`` |
| `sora_kit.server.admin_accounts` | ``accounts`` |
| `sora_kit.server.admin_batch` | ``accounts/batch``, ``accounts/import``, ``accounts/export`` |
| `sora_kit.server.admin_jobs` | ``jobs`` |
| `sora_kit.server.admin_clips` | ``clips`` |
| `sora_kit.server.admin_characters` | ``characters`` |
| `sora_kit.server.admin_settings` | ``settings``, ``backends`` |
| `sora_kit.server.admin_webhooks` | ``webhooks`` |
| `sora_kit.server.admin_look` | ``log``, ``stats`` |

Nothing here asks for or sets a cookie: whoever calls says who it is with every request, so a page that
somebody was lured to can do nothing in his name.
"""

from __future__ import annotations

from litestar import Router

from sora_kit.server import (
    admin_accounts,
    admin_batch,
    admin_characters,
    admin_clips,
    admin_entry,
    admin_jobs,
    admin_keys,
    admin_look,
    admin_settings,
    admin_webhooks,
)
from sora_kit.server.admin_bodies import Asked
from sora_kit.server.admin_entry import PASSWORD

__all__ = ("PASSWORD", "admin_router")

LARGEST = 32 * 1024 * 1024
"""Bytes of a body: ten thousand accounts with their tokens."""


def admin_router() -> Router:
    """The routes under ``/admin``."""
    parts = (
        *(admin_keys, admin_accounts, admin_batch, admin_jobs, admin_clips, admin_characters),
        *(admin_settings, admin_webhooks, admin_look),
    )
    guarded = Router(
        "/",
        guards=[admin_entry.require_admin],
        route_handlers=[admin_entry.logout, *(one for part in parts for one in part.HANDLERS)],
        security=[{"key": []}],
    )
    return Router(
        "/admin",
        route_handlers=[admin_entry.login, guarded],
        tags=["Admin"],
        request_class=Asked,
        request_max_body_size=LARGEST,
    )
