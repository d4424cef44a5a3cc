"""The application: routes, and where Litestar's defaults do not fit OpenAI's clients.

| Litestar | here |
|---|---|
| takes over the root logger | left alone (``logging_config=None``); a cell would fill with INFO lines |
| bodies up to 10 MB, in memory | `sora_kit.server.incoming` |
| errors as ``{status_code, detail}`` | OpenAI's envelope |
| POST answers 201 | each route says 200 |
| ``Range`` ignored | `sora_kit.server.files` |
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from litestar import Litestar, Router
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException

from sora_kit.server.admin import admin_router
from sora_kit.server.auth import require_key
from sora_kit.server.chat import create_chat_completion
from sora_kit.server.docs import openapi_config, openapi_json, show_docs
from sora_kit.server.envelope import answer
from sora_kit.server.heads import Heads
from sora_kit.server.health import beats, healthz, readyz
from sora_kit.server.images import create_image, edit_image, retrieve_image
from sora_kit.server.limits import Limits
from sora_kit.server.media import serve_media
from sora_kit.server.meter import Meter
from sora_kit.server.metrics import Metrics, show_metrics
from sora_kit.server.models import list_models, retrieve_model
from sora_kit.server.quick import Quick
from sora_kit.server.rejoin import retrieve_chat_completion
from sora_kit.server.shield import ANY, Shield
from sora_kit.server.trace import Tracing
from sora_kit.server.video_characters import create_character, retrieve_character
from sora_kit.server.videos import (
    create_video,
    delete_video,
    list_videos,
    retrieve_content,
    retrieve_video,
)
from sora_kit.server.videos_from import edit_video, extend_video, remix_video
from sora_kit.server.webhook_endpoints import ENDPOINTS

if TYPE_CHECKING:
    from sora_kit.studio import Studio

__all__ = ("create_app",)

RECENT = 200
"""Requests that `Server.requests` remembers."""

EXPOSED = (
    *("x-request-id", "openai-poll-after-ms", "x-should-retry", "retry-after"),
    *("x-sora-kit-job", "x-sora-kit-state"),
    *(f"x-ratelimit-{what}-requests" for what in ("limit", "remaining", "reset")),
    *("content-range", "accept-ranges", "content-length", "etag"),
)
"""Headers that the code of a page may read."""


def create_app(studio: Studio, *, origins: Sequence[str] = ANY, limits: Limits | None = None) -> Litestar:
    """The ASGI application over a studio.

    It must run on ``studio.loop``: `sora_kit.server.start` does that.

    Args:
        studio: An open studio.
        origins: Pages whose code may ask, as ``https://host``; ``*`` lets every page ask that has a key.
        limits: How much is taken.

    Returns:
        The application. ``app.state.stopping`` is an `asyncio.Event` that ends open streams;
        ``app.state.recent`` holds the last requests, ``app.state.tracing`` writes the log.
    """
    limits = limits or Limits()
    stopping = asyncio.Event()
    recent: deque[tuple[Any, ...]] = deque(maxlen=RECENT)
    meter = Meter()
    guarded = Router(
        "/",
        guards=[require_key],
        route_handlers=[
            list_models,
            retrieve_model,
            create_chat_completion,
            retrieve_chat_completion,
            create_video,
            list_videos,
            retrieve_video,
            delete_video,
            retrieve_content,
            remix_video,
            edit_video,
            extend_video,
            create_character,
            retrieve_character,
            create_image,
            edit_image,
            retrieve_image,
            *ENDPOINTS,
        ],
    )
    app = Litestar(
        route_handlers=[
            *(guarded, admin_router(), serve_media),
            *(beats, healthz, readyz, show_metrics, openapi_json, show_docs),
        ],
        dependencies={
            "studio": Provide(lambda: studio, sync_to_thread=False),
            "stopping": Provide(lambda: stopping, sync_to_thread=False),
            "metrics": Provide(lambda: metrics, sync_to_thread=False),
        },
        state=State({"studio": studio, "stopping": stopping, "recent": recent, "limits": limits}),
        exception_handlers={HTTPException: answer, Exception: answer},
        cors_config=CORSConfig(
            allow_origins=list(origins),
            allow_credentials=False,
            allow_methods=["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"],
            allow_headers=["*"],
            expose_headers=list(EXPOSED),
        ),
        openapi_config=openapi_config(),
        request_max_body_size=limits.body_bytes,
        logging_config=None,
        debug=False,
    )
    metrics = Metrics(studio, meter, app.state)
    shield = Shield(Heads(app.asgi_handler), origins)
    quick = Quick(studio, shield.dressed)
    app.state.tracing = app.asgi_handler = Tracing(shield, studio, recent, quick, meter)
    return app
