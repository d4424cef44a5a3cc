"""One wish of a batch, and the key by which its job is found again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sora_kit.errors import SoraKitError
from sora_kit.studio.making import Making

if TYPE_CHECKING:
    from sora_kit.language import Request
    from sora_kit.planning import Plan

__all__ = ("Cell", "cell_for")


@dataclass(frozen=True, slots=True)
class Cell:
    """One wish of a batch."""

    parameters: Mapping[str, Any]
    """What was asked, by name, as it stands in the table of results."""
    key: str = ""
    """Its idempotency key, without the number of the attempt."""
    request: Request | None = None
    plan: Plan | None = None
    problem: SoraKitError | None = None
    """Why it cannot be asked; then there is neither request nor plan."""


def cell_for(
    studio: Making,
    batch: str,
    parameters: Mapping[str, Any],
    prompt: str,
    options: Mapping[str, Any],
    *,
    nth: int = 0,
) -> Cell:
    """The cell of a prompt and its options.

    Args:
        studio: Where it will be made.
        batch: Kind and name of the batch; cells of two batches never share a job.
        parameters: How the table of results names what was asked.
        prompt: As for `Studio.video`.
        options: As for `Studio.video`.
        nth: Tells equal cells of one batch apart.

    Raises:
        InvalidInput: It does not fit.
    """
    request = studio.request(prompt, "video", **dict(options))
    plan = studio.planned(request)
    wish: dict[str, Any] = request.to_json()
    wish.pop("notes", None)  # words about the wish, which may be put better one day
    return Cell(
        parameters=parameters,
        key=f"{digest(batch)}-{digest([plan.backend, wish, nth])}",
        request=request,
        plan=plan,
    )


def digest(thing: object) -> str:
    """A short name for plain JSON."""
    text = json.dumps(thing, sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
