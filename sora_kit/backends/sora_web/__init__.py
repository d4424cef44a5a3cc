"""The Sora web backend: calls, answers and failures, for a compatible deployment.

    the backend itself:                    hosted.SoraWebBackend
    async with one account's connection:   Clients → SoraWeb(clients, Credentials, Site)
    from a request to a call:              wire.order(request) → Order
    from lists to states:                  watching.video_states, watching.image_states
    from an answer to a failure:           errors.from_answer, errors.from_exception

Nothing here waits, repeats, chooses an account or touches the store; that is the engine's work.
Values for bot protection are never computed: a deployment that wants extra headers gets those that
the user wrote down.

The names are imported when they are first used: planning asks the backend what it can do at every
request, and must not load an HTTP client for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sora_kit.backends.sora_web.calling import File
    from sora_kit.backends.sora_web.client import SoraWeb
    from sora_kit.backends.sora_web.hosted import SoraWebBackend
    from sora_kit.backends.sora_web.site import Credentials, Site
    from sora_kit.backends.sora_web.tokens import read_token
    from sora_kit.backends.sora_web.transport import Clients
    from sora_kit.backends.sora_web.wire import Order, order

__all__ = (
    "Clients",
    "Credentials",
    "File",
    "Order",
    "Site",
    "SoraWeb",
    "SoraWebBackend",
    "order",
    "read_token",
)

_HOMES = {
    "Clients": "transport",
    "Credentials": "site",
    "File": "calling",
    "Order": "wire",
    "Site": "site",
    "SoraWeb": "client",
    "SoraWebBackend": "hosted",
    "order": "wire",
    "read_token": "tokens",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
