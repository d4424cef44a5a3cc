"""The application: all routes over one `World`."""

from __future__ import annotations

from typing import Any

from litestar import Litestar, Request, Response
from litestar.di import Provide
from litestar.exceptions import HTTPException

from sora_kit.standins.sora_web.call import Call
from sora_kit.standins.sora_web.gate import Gate, Transports
from sora_kit.standins.sora_web.refusals import Refusal, envelope
from sora_kit.standins.sora_web.routes import (
    characters,
    control,
    lists,
    making,
    media,
    posts,
    profile,
    signing,
)
from sora_kit.standins.sora_web.world import World

__all__ = ("create_app",)

BODY_LIMIT = 128 * 1024 * 1024


def create_app(world: World, transports: Transports) -> Litestar:
    """The ASGI application.

    Args:
        world: The state.
        transports: Open connections by the client's address; a fault resets them.
    """
    rooms = (profile, signing, making, lists, posts, characters, media)
    protocol = [route for room in rooms for route in room.ROUTES]
    return Litestar(
        route_handlers=[*protocol, *control.ROUTES],
        # here and not on a router: Litestar copies routers with all they hold
        middleware=[Gate(world, transports)],
        dependencies={
            "world": Provide(lambda: world, sync_to_thread=False),
            "call": Provide(_call, sync_to_thread=False),
        },
        exception_handlers={Refusal: _refused, HTTPException: _failed},
        openapi_config=None,
        request_max_body_size=BODY_LIMIT,
        logging_config=None,
    )


def _call(request: Request[Any, Any, Any]) -> Call:
    found: Call = request.scope["state"]["call"]
    return found


def _refused(_request: Request[Any, Any, Any], error: Refusal) -> Response[Any]:
    return Response(error.body, status_code=error.status)


def _failed(_request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """Litestar's own: an unknown path, a wrong method, a query that is no number."""
    return Response(envelope(error.detail, "invalid_request"), status_code=error.status_code)
