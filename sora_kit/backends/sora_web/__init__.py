"""The wire of the Sora web backend: calls, answers and failures, for a compatible deployment.

    async with one account's connection:   Clients → SoraWeb(clients, Credentials, Site)
    from a request to a call:              wire.order(request) → Order
    from lists to states:                  watching.video_states, watching.image_states
    from an answer to a failure:           errors.from_answer, errors.from_exception

Nothing here waits, repeats, chooses an account or touches the store; that is the engine's work.
Values for bot protection are never computed: a deployment that wants extra headers gets those that
the user wrote down.
"""

from __future__ import annotations

from sora_kit.backends.sora_web.calling import File
from sora_kit.backends.sora_web.client import SoraWeb
from sora_kit.backends.sora_web.site import Credentials, Site
from sora_kit.backends.sora_web.tokens import read_token
from sora_kit.backends.sora_web.transport import Clients
from sora_kit.backends.sora_web.wire import Order, order

__all__ = ("Clients", "Credentials", "File", "Order", "Site", "SoraWeb", "order", "read_token")
