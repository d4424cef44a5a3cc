"""One call on its way through the stand-in: who calls what, and which faults act on it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from sora_kit.standins.sora_web.account import Account
from sora_kit.standins.sora_web.faults import FATES, Fault
from sora_kit.standins.sora_web.refusals import invalid
from sora_kit.standins.sora_web.world import World

__all__ = ("Call",)


@dataclass(slots=True)
class Call:
    """What a route handler is given.

    Args:
        world: The state.
        endpoint: A name of `sora_kit.standins.sora_web.endpoints.ENDPOINTS`.
        headers: With lower-case names.
        raw: The body.
        faults: Those that act on this call.
        who: The account that signed in; None on endpoints that need none.
    """

    world: World
    endpoint: str
    headers: dict[str, str]
    raw: bytes
    faults: list[Fault] = field(default_factory=list)
    who: Account | None = None

    @property
    def account(self) -> Account:
        """The account that calls."""
        if self.who is None:
            raise LookupError(f"{self.endpoint} needs no account")
        return self.who

    @property
    def now(self) -> float:
        """The stand-in's time, Unix seconds."""
        return self.world.clock.time()

    @property
    def skew(self) -> float:
        """Seconds by which this answer tells the time wrong."""
        return sum(fault.seconds or 0.0 for fault in self.faults if fault.kind == "clock_skew")

    @property
    def fates(self) -> frozenset[str]:
        """What shall become of a task that this call starts."""
        return frozenset(fault.kind for fault in self.faults if fault.kind in FATES)

    @property
    def times(self) -> int:
        """How often it is delivered: 1, or 2 by a fault."""
        return 2 if self.has("duplicate_delivery") else 1

    def has(self, kind: str) -> bool:
        """Whether a fault of that kind acts on this call."""
        return any(fault.kind == kind for fault in self.faults)

    def body(self) -> dict[str, Any]:
        """The JSON object that was sent.

        Raises:
            Refusal: 400: it is not one.
        """
        try:
            found = json.loads(self.raw)
        except ValueError as error:
            raise invalid("body", "the body is not JSON") from error
        if not isinstance(found, dict):
            raise invalid("body", "the body is not an object")
        return found

    def text(self, name: str) -> str:
        """A field of the body that must be text with something in it.

        Raises:
            Refusal: 400: it is missing, blank or no text.
        """
        value = self.body().get(name)
        if not isinstance(value, str) or not value.strip():
            raise invalid(name, f"{name} must be text")
        return value
